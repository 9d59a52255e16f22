"""What can go wrong with a list as a whole, in words. What is wrong with one row: words.py."""

from workshop.problems import N_, Words

NOTHING_TAKEN = N_("Nothing was taken from the file. Everybody who was here before is still here.")
SAVE_ANEW = N_(
    "Open the file in Excel or WPS, choose “Save as”, take the type “Excel workbook (.xlsx)” and upload that."
)
CHECK_FILE = N_(
    "Open the file on your computer. If it opens, save it anew as .xlsx; if not, ask for it once more."
)

problems = {
    "table_kind_unknown": Words(
        N_("This is not a table that we can read."),
        NOTHING_TAKEN,
        N_("Upload an Excel file (.xlsx, .xls) or a CSV file."),
    ),
    "table_kind_wps": Words(
        N_("This is a file in a format of its own (.et, .wps, .numbers)."), NOTHING_TAKEN, SAVE_ANEW
    ),
    "table_kind_ods": Words(N_("This is an OpenDocument table (.ods)."), NOTHING_TAKEN, SAVE_ANEW),
    "table_kind_xlsb": Words(N_("This is a binary Excel file (.xlsb)."), NOTHING_TAKEN, SAVE_ANEW),
    "table_kind_html": Words(
        N_("This is a web page, even if its name ends in .xls: some systems export lists so."),
        NOTHING_TAKEN,
        SAVE_ANEW,
    ),
    "table_file_empty": Words(
        N_("There is nothing in the file."),
        NOTHING_TAKEN,
        N_("Check that you chose the right file and that the list is on a visible sheet."),
    ),
    "table_file_damaged": Words(N_("The file is damaged or not complete."), NOTHING_TAKEN, CHECK_FILE),
    "table_file_protected": Words(
        N_("The file is locked with a password."),
        NOTHING_TAKEN,
        N_("Take the password off in Excel or WPS, save the file and upload it again."),
    ),
    "table_encoding_unknown": Words(
        N_("The characters of this text file cannot be read without mistakes."),
        NOTHING_TAKEN,
        N_("Choose below with which program the file was saved, or save it as .xlsx and upload that."),
    ),
    "table_encoding_doubtful": Words(
        N_(
            "We cannot tell whether this text file is Chinese or Western European; names would come out wrong."
        ),
        NOTHING_TAKEN,
        N_("Choose below with which program the file was saved, or save it as .xlsx and upload that."),
    ),
    "table_file_too_large": Words(
        N_("The file is larger than %(megabytes)s MB."),
        NOTHING_TAKEN,
        N_("Delete pictures and other sheets from it, or split the list, and upload it again."),
    ),
    "table_unpacked_too_large": Words(
        N_("Unpacked, this file is too large to be a list of people."),
        NOTHING_TAKEN,
        N_("Copy only the list into a new workbook, save it as .xlsx and upload that."),
    ),
    "table_too_many_rows": Words(
        N_("The list has more than %(rows_max)s rows."),
        NOTHING_TAKEN,
        N_("Split the list into several files and take one after another."),
    ),
    "table_too_many_columns": Words(
        N_("The sheet is %(columns)s columns wide; %(columns_max)s are allowed."),
        NOTHING_TAKEN,
        N_("Delete the columns that are not needed and upload the file again."),
    ),
    "table_cell_too_long": Words(
        N_("A cell in row %(row)s holds %(chars)s characters; %(chars_max)s are allowed."),
        NOTHING_TAKEN,
        N_("Shorten the cell and upload the file again."),
    ),
    "roster_heading_missing": Words(
        N_("No column of names was found. The first row reads: %(headings)s"),
        NOTHING_TAKEN,
        N_(
            "Write “Name” or “姓名” above the column of names, or fill in our blank list, and upload the file again."
        ),
    ),
    "roster_heading_twice": Words(
        N_("Two columns mean the same: %(headings)s"),
        NOTHING_TAKEN,
        N_("Delete or rename one of them and upload the file again."),
    ),
    "roster_no_people": Words(
        N_("The list has headings and nobody below them."),
        NOTHING_TAKEN,
        N_("Fill in the list and upload it again."),
    ),
    "roster_no_file": Words(N_("No file was chosen."), NOTHING_TAKEN, N_("Choose a file and try again.")),
    "roster_not_takeable": Words(
        N_("The list cannot be taken yet: rows are refused or questions are open."),
        NOTHING_TAKEN,
        N_("Answer the questions; put right the refused rows in your file and upload it again."),
    ),
    "roster_changed": Words(
        N_("While you looked at the list, somebody else changed the roster."),
        NOTHING_TAKEN,
        N_("Look at the rows below once more, they are up to date now, and take the list again."),
    ),
    "roster_class_unknown": Words(
        N_("There is no such class at this site."),
        NOTHING_TAKEN,
        N_("Choose a class from the list and try again."),
    ),
    "roster_upload_gone": Words(
        N_(
            "This upload is no longer here: an upload is kept for one day and only for the person who made it."
        ),
        NOTHING_TAKEN,
        N_("Upload the file again."),
    ),
    "roster_actor_unknown": Words(
        N_("There is no active staff account of the name %(username)s."),
        NOTHING_TAKEN,
        N_("Check the user name with “workshop user list”."),
    ),
    "roster_which_site": Words(
        N_("It is not clear to which workshop these people belong."),
        NOTHING_TAKEN,
        N_("Choose the workshop and try again."),
    ),
}
