"""Every limit on a table file, with its unit. An honest roster of 5,000 people stays far below all of them."""

FILE_BYTES_MAX = 5 * 1024 * 1024
ROWS_MAX = 5_000  # rows that hold something, the heading not counted
HEIGHT_MAX = 20_000  # rows of a sheet, empty ones counted
COLUMNS_MAX = 60
CELL_CHARS_MAX = 1_000

ZIP_ENTRIES_MAX = 1_000
UNPACKED_BYTES_MAX = 32 * 1024 * 1024
# A ratio alone would refuse honest sheets (long columns of equal cells shrink a hundredfold), so it counts
# only once this much has come out.
RATIO_MAX = 250
RATIO_FROM_BYTES = 4 * 1024 * 1024

CHILD_MEMORY_BYTES_MAX = 384 * 1024 * 1024
CHILD_CPU_SECONDS_MAX = 10
CHILD_WALL_SECONDS_MAX = 30
