"""The pages, without scripts: upload, the fate of every row, answers, taking; and who may see what."""

import io

import pytest

from tests.integration.conftest import PASSWORD, add_staff, csrf_of
from workshop.accounts import commands as accounts
from workshop.roster import queries
from workshop.roster.commands import commit_plan, make_plan, read_upload
from workshop.roster.uploads import UPLOAD_MS_MAX
from workshop.tables.reading import read_table

from .conftest import HEAD, listed

OKOT = ("U-001", "Okot James", "M", "1999", "0772123456", "UTC Elgon", "Local student")
APIO = ("U-002", "Apio", "F", "2001", "", "Tian Tang Group", "")


@pytest.fixture
def akello(client, sign_in):
    assert sign_in("akello").status_code == 303
    return client


def send(client, data, filename="list.xlsx", lang="en", **fields):
    form = {"csrf": csrf_of(client, f"/{lang}/roster"), "file": (io.BytesIO(data), filename), **fields}
    return client.post(f"/{lang}/roster/upload", data=form, content_type="multipart/form-data")


def decide(client, url, **fields):
    return client.post(url, data={"csrf": csrf_of(client, url), **fields})


def test_a_list_is_looked_at_and_then_taken(akello, site, t01):
    sent = send(akello, listed(OKOT, APIO), class_id=t01)
    assert sent.status_code == 303
    page = akello.get(sent.location)
    assert "Okot James" in page.text
    assert "Nothing has been taken yet." in page.text
    assert "PLC, batch 3" in page.text
    assert queries.known(site.db, "mbale") == []
    done = decide(akello, sent.location, act="take")
    assert done.status_code == 303
    assert "The list is taken" in akello.get(done.location).text
    assert len(queries.class_people(site.db, "mbale", t01)) == 2


def test_the_page_speaks_chinese(akello):
    sent = send(akello, listed(OKOT, ("U-2", "", "", "", "", "", "")), lang="zh")
    text = akello.get(sent.location).text
    assert "尚未导入任何内容" in text
    assert "第 3 行" in text
    assert "缺少姓名，请填写在 B3 单元格。" in text
    assert "Refused" not in text


def test_a_second_tap_takes_nobody_twice(akello, site):
    url = send(akello, listed(OKOT)).location
    token = csrf_of(akello, url)
    for _tap in range(2):
        assert akello.post(url, data={"csrf": token, "act": "take"}).status_code == 303
    assert len(queries.known(site.db, "mbale")) == 1


def test_a_taken_upload_keeps_no_file(akello, site):
    url = send(akello, listed(OKOT)).location
    decide(akello, url, act="take")
    assert [row[0] for row in site.db.execute("select data from local_upload")] == [None]


def test_questions_are_answered_on_the_page(akello, site):
    commit_plan(site, "sakello", make_plan(site, read_upload(listed(OKOT), "a.xlsx"), "mbale"))
    url = send(akello, listed(("", "Okot James", "", "", "", "", ""))).location
    page = akello.get(url).text
    assert "Is it the same person?" in page
    assert 'value="take"' not in page
    person = queries.known(site.db, "mbale")[0].id
    assert f'value="same:{person}"' in page
    decide(akello, url, act="look", **{"row-2": f"same:{person}"})
    assert 'value="take"' in akello.get(url).text
    decide(akello, url, act="take")
    assert len(queries.known(site.db, "mbale")) == 1


def test_taking_with_open_questions_is_refused_and_says_so(akello, site):
    commit_plan(site, "sakello", make_plan(site, read_upload(listed(OKOT), "a.xlsx"), "mbale"))
    url = send(akello, listed(("", "Okot James", "", "", "", "", ""))).location
    refused = decide(akello, url, act="take")
    assert refused.status_code == 409
    assert "Nothing was taken from the file." in refused.text


def test_refused_rows_name_the_cell_and_hold_back_all(akello):
    page = akello.get(send(akello, listed(OKOT, ("U-2", "Apio", "x", "", "", "", ""))).location).text
    assert "“x” in cell C3 is not understood as a sex" in page
    assert 'value="take"' not in page


@pytest.mark.parametrize(
    ("data", "filename", "words"),
    [
        (b"PK\x03\x04 broken", "list.xlsx", "The file is damaged or not complete."),
        (b"S/N,Amount\n1,2\n", "list.csv", "The first row reads: S/N, Amount"),
        (
            "number,name\n1,Ng’ang’a\n".encode("windows-1252"),
            "list.csv",
            "With which program was the file saved?",
        ),
    ],
)
def test_a_file_that_cannot_be_taken_says_what_is_safe(akello, site, data, filename, words):
    refused = send(akello, data, filename)
    assert refused.status_code == 422
    assert words in refused.text
    assert "Nothing was taken from the file." in refused.text
    assert site.db.execute("select count(*) from local_upload").fetchone()[0] == 0


def test_the_encoding_can_be_named(akello):
    data = "number,name\n1,Ng’ang’a Peter\n".encode("windows-1252")
    sent = send(akello, data, "list.csv", encoding="windows-1252")
    assert "Ng’ang’a Peter" in akello.get(sent.location).text


def test_no_file_is_told(akello):
    refused = akello.post("/en/roster/upload", data={"csrf": csrf_of(akello, "/en/roster")})
    assert refused.status_code == 422
    assert "No file was chosen." in refused.text


def test_hostile_text_in_a_list_stays_text(akello):
    page = akello.get(
        send(akello, listed(("U-1", "<script>alert(1)</script>", "", "", "", "", ""))).location
    ).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_upload_is_only_its_makers(akello, app, site, clock):
    url = send(akello, listed(OKOT)).location
    stranger = app.test_client()
    assert stranger.get(url).status_code == 303
    token = csrf_of(stranger, "/en/sign-in")
    stranger.post("/en/sign-in", data={"csrf": token, "username": "mukasa", "password": PASSWORD})
    assert stranger.get(url).status_code == 404
    assert stranger.get(url + "/report.xlsx").status_code == 404


def test_without_the_role_there_is_no_roster(client, sign_in, site, clock):
    add_staff(site, "snandutu", "Nandutu", "", "assessor")
    with site.writing() as db:
        accounts.create_account(db, "nandutu", "snandutu", PASSWORD, clock.now)
    sign_in("nandutu")
    for path in ("", "/template.xlsx", "/trainees.csv", "/trainees.xlsx"):
        assert client.get(f"/en/roster{path}").status_code == 403


def test_an_upload_is_gone_after_a_day(akello, site, clock):
    url = send(akello, listed(OKOT)).location
    clock.forward(UPLOAD_MS_MAX + 1)
    assert akello.get(url).status_code == 404
    send(akello, listed(APIO))
    assert site.db.execute("select count(*) from local_upload").fetchone()[0] == 1


def test_an_upload_can_be_thrown_away(akello, site):
    url = send(akello, listed(OKOT)).location
    assert decide(akello, url, act="drop").location == "/en/roster"
    assert site.db.execute("select count(*) from local_upload").fetchone()[0] == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_roster_that_goes_out_comes_in_again_as_the_same_people(akello, site, lang, kind):
    wang = (
        "007",
        "O'Kello-Smith Ann",
        "F",
        "2001",
        "+256 772 000 111",
        "=Steel Works",
        "Enterprise employee",
    )
    commit_plan(site, "sakello", make_plan(site, read_upload(listed(OKOT, APIO, wang), "a.xlsx"), "mbale"))
    out = akello.get(f"/{lang}/roster/trainees.{kind}")
    assert out.headers["Content-Disposition"] == f'attachment; filename="roster-mbale.{kind}"'
    assert make_plan(site, read_upload(out.data, f"r.{kind}"), "mbale").counts["same"] == 3


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_blank_list_has_our_headings_and_nobody_in_it(akello, lang):
    sent = send(akello, akello.get(f"/{lang}/roster/template.xlsx").data, lang="en")
    assert sent.status_code == 422
    assert "nobody below them" in sent.text


def test_the_roster_of_one_class_can_be_taken_away(akello, site, t01):
    commit_plan(site, "sakello", make_plan(site, read_upload(listed(OKOT), "a.xlsx"), "mbale"), t01)
    commit_plan(site, "sakello", make_plan(site, read_upload(listed(APIO), "a.xlsx"), "mbale"))
    table = read_table(akello.get(f"/en/roster/trainees.csv?class_id={t01}").data)
    assert [row.cells[1] for row in table.rows] == ["Name", "Okot James"]
    assert akello.get("/en/roster/trainees.csv?class_id=T99").status_code == 404


def test_the_report_holds_every_row_and_why(akello):
    url = send(akello, listed(OKOT, ("U-2", "Apio", "x", "", "", "", ""))).location
    table = read_table(akello.get(url + "/report.xlsx").data)
    assert [row.cells[3] for row in table.rows] == ["What happens", "New", "Refused"]
    assert "C3" in table.rows[2].cells[4]


def test_a_long_list_is_shown_in_pages(akello):
    rows = [(f"U-{n}", f"Person {chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(250)]
    url = send(akello, listed(*rows, head=HEAD[:2])).location
    assert akello.get(url).text.count("<tr") == 201
    assert akello.get(url + "?page=2").text.count("<tr") == 51
