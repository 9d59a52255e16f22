"""What can be wrong with a lesson, in words. Whoever wrote the lesson reads them, so they name file, line and what to change."""

from workshop.problems import N_, Words

NOT_TAKEN = N_("Nothing was taken in. The lessons at this site are as before.")
READABLE = N_("All records are safe. Other lessons can be read.")
AGAIN = N_("Correct it and import again. The lesson format is described in the reference.")
SMALLER = N_("Make it smaller: fewer files, smaller pictures. Then import again.")
CLEAN = N_("Do not use this folder or file as it is. Ask the one who gave it to you for a clean copy.")
DRAWING = N_(
    "Save the drawing as a plain SVG without scripts, links and embedded pictures, then import again."
)


def _author(what: str, do: str = AGAIN) -> Words:
    return Words(what, NOT_TAKEN, do)


SOURCES = {
    "lesson_source_missing": _author(N_("There is no folder or file %(name)s.")),
    "lesson_none_found": _author(N_("There is no lesson here: no folder with a file lesson.yaml.")),
    "lesson_zip_broken": _author(N_("The file %(name)s is damaged or not a zip."), CLEAN),
    "lesson_not_readable": _author(N_("The file %(name)s cannot be read.")),
    "lesson_name_unsafe": _author(
        N_("The name %(name)s leads out of the folder or has forbidden signs."), CLEAN
    ),
    "lesson_name_twice": _author(N_("The name %(name)s is there twice."), CLEAN),
    "lesson_link": _author(N_("%(name)s is a link, not a file."), CLEAN),
    "lesson_not_a_file": _author(N_("%(name)s is not an ordinary file."), CLEAN),
    "lesson_too_deep": _author(N_("%(name)s is nested too deep; at most %(limit)s levels.")),
    "lesson_too_large": _author(N_("%(name)s is too large; the limit is %(limit)s bytes."), SMALLER),
    "lesson_too_many_files": _author(N_("There are too many files; at most %(limit)s."), SMALLER),
    "lesson_too_many": _author(N_("There are too many lessons at once; at most %(limit)s.")),
    "lesson_slug_twice": _author(N_("Two lessons have the same slug %(slug)s.")),
}

TEXTS = {
    "lesson_file_missing": _author(N_("The file %(name)s is missing.")),
    "lesson_file_unexpected": _author(N_("The file %(name)s does not belong to a lesson.")),
    "lesson_not_utf8": _author(N_("The file %(name)s is not UTF-8 text.")),
    "lesson_yaml": _author(N_("The file lesson.yaml cannot be read, line %(line)s.")),
    "lesson_yaml_alias": _author(N_("The file lesson.yaml uses anchors (& and *). Write the text out.")),
    "lesson_yaml_twice": _author(N_("In lesson.yaml, line %(line)s, %(key)s is said twice.")),
    "lesson_field": _author(N_("In lesson.yaml the field %(field)s is not right: %(why)s")),
    "lesson_pinyin": _author(
        N_("The term %(word)s is not right: write each Chinese word with its pinyin, with tone marks.")
    ),
    "lesson_term_twice": _author(N_("The term %(term)s is there twice.")),
    "lesson_block_count": _author(N_("%(file)s has %(count)s blocks; a lesson has 1 to %(limit)s.")),
    "lesson_block_kind": _author(N_("%(file)s, line %(line)s: %(kind)s is not used in lessons.")),
    "lesson_blocks_differ": _author(
        N_(
            "English and Chinese differ from block %(block)s on: en.md line %(en_line)s has %(en)s, "
            "zh.md line %(zh_line)s has %(zh)s."
        )
    ),
    "lesson_callout_kind": _author(N_("%(file)s, line %(line)s: a box begins with one of: %(allowed)s.")),
    "lesson_callout_empty": _author(
        N_("%(file)s, line %(line)s: the box has no text, or the question no answer.")
    ),
}

FIGURES = {
    "lesson_figure_inline": _author(
        N_("%(file)s, line %(line)s: a figure stands alone in its paragraph, as ![](figures/name.svg).")
    ),
    "lesson_figure_twice": _author(N_("The figure %(name)s is described twice.")),
    "lesson_figure_undeclared": _author(N_("The figure %(name)s is not described in lesson.yaml.")),
    "lesson_figure_unused": _author(N_("The figure %(name)s is not used in the text.")),
    "figure_type": _author(N_("The picture %(name)s is not of the kind that its name says.")),
    "figure_not_utf8": _author(N_("The drawing %(name)s is not UTF-8 text."), DRAWING),
    "figure_broken": _author(N_("The drawing %(name)s is broken at line %(line)s."), DRAWING),
    "figure_doctype": _author(
        N_("The drawing %(name)s has a document type or a style sheet of its own."), DRAWING
    ),
    "figure_no_viewbox": _author(
        N_("The drawing %(name)s has no viewBox, so it cannot fit a small screen."), DRAWING
    ),
    "figure_too_complex": _author(N_("The drawing %(name)s has too many parts."), DRAWING),
    "figure_element": _author(
        N_("The drawing %(name)s contains %(element)s, which drawings here may not."), DRAWING
    ),
    "figure_attribute": _author(
        N_("The drawing %(name)s contains the foreign attribute %(attribute)s."), DRAWING
    ),
    "figure_event": _author(N_("The drawing %(name)s contains a script (%(attribute)s)."), DRAWING),
    "figure_outside": _author(
        N_("The drawing %(name)s refers to something outside itself (%(element)s)."), DRAWING
    ),
}

STORE = {
    "lesson_unknown": Words(
        N_("There is no such lesson here, or it has a newer version."),
        READABLE,
        N_("Open the list of lessons and choose it there."),
    ),
    "lesson_damaged": Words(
        N_("The files of this lesson at this server are damaged."),
        READABLE,
        N_("Ask the administrator to import the lesson again."),
    ),
}

problems: dict[str, Words] = SOURCES | TEXTS | FIGURES | STORE
