import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import pytest

from ingest.watch import Due, Why, remote_file_system, wait, watch

QUICK = {"settle_s": 0.0, "full_check_s": 30.0, "poll_s": 0.02}
#: So soon is a pass due without changes where a test shows that something does not count as a change.
SOON = {"settle_s": 0.0, "full_check_s": 0.3, "poll_s": 0.02}


@pytest.fixture
def stop():
    event = threading.Event()
    yield event
    event.set()


def waited(ticks, *, settle_s=2.0, full_check_s=300.0):
    """Return why a pass is due and after how many ticks, one a second."""
    seconds = count()
    used = []
    why = wait(
        (used.append(tick) or tick for tick in ticks),
        settle_s=settle_s,
        full_check_s=full_check_s,
        clock=lambda: float(next(seconds)),
    )
    return why, len(used)


def test_a_pass_is_due_when_changes_have_settled():
    assert waited([False, True, True, False, True, False, False, False]) == (Why.CHANGED, 7)


def test_changes_without_end_do_not_put_it_off_for_ever():
    assert waited([True] * 100) == (Why.CHANGED, 31)


def test_without_changes_a_check_is_due_in_time():
    assert waited([False] * 1000) == (Why.CHECK, 300)


def test_ticks_that_end_mean_that_nothing_more_is_due():
    assert waited([False, True]) == (None, 2)


def test_the_first_pass_is_due_at_once(folder, stop):
    assert next(watch([folder], stop=stop)) == Due(Why.START)


@pytest.mark.parametrize("names", [["甲.txt"], ["新/甲.txt", "新/更新/乙.txt"], ["名\n字.txt"]])
def test_a_new_file_makes_a_pass_due(folder, stop, names):
    passes = watch([folder], stop=stop, **QUICK)
    next(passes)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("正文", "utf-8")
    assert next(passes).why is Why.CHANGED


def test_a_file_in_a_folder_made_since_makes_a_pass_due(folder, stop):
    passes = watch([folder], stop=stop, **QUICK)
    next(passes)
    (folder / "新" / "更新").mkdir(parents=True)
    assert next(passes).why is Why.CHANGED
    (folder / "新" / "更新" / "甲.txt").write_text("正文", "utf-8")
    assert next(passes).why is Why.CHANGED


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.rename(path.with_name("乙.txt")), Path.touch])
def test_changes_during_a_pass_make_another_due(folder, stop, change):
    (folder / "甲.txt").write_text("正文", "utf-8")
    passes = watch([folder], stop=stop, **QUICK)
    next(passes)
    change(folder / "甲.txt")
    assert next(passes).why is Why.CHANGED


def test_what_is_passed_over_makes_no_pass_due(folder, stop):
    passes = watch([folder], stop=stop, ignore=["*.bak"], **SOON)
    next(passes)
    for name in ("~$合同.docx", ".合同.txt.swp", "合同.pdf.crdownload", "笔记.bak", ".git"):
        (folder / name).write_text("正文", "utf-8")
    assert next(passes).why is Why.CHECK


def test_a_folder_named_like_a_temporary_file_makes_a_pass_due(folder, stop):
    passes = watch([folder], stop=stop, **QUICK)
    next(passes)
    (folder / "上册.part").mkdir()
    assert next(passes).why is Why.CHANGED


def test_the_library_inside_the_folder_makes_no_pass_due(folder, stop):
    store = folder / "库"
    passes = watch([folder], stop=stop, exclude=[store], **SOON)
    for _ in range(3):
        assert next(passes).why is not Why.CHANGED
        store.mkdir(exist_ok=True)
        (store / "目录.db").write_bytes(os.urandom(100))
        (store / "目录.db-wal").write_bytes(os.urandom(100))


def test_reading_the_files_makes_no_pass_due(folder, stop):
    (folder / "甲.txt").write_text("正文", "utf-8")
    passes = watch([folder], stop=stop, **SOON)
    next(passes)
    (folder / "甲.txt").read_bytes()
    assert next(passes).why is Why.CHECK


def test_a_link_does_not_lead_out_of_the_folder(folder, stop, tmp_path):
    (tmp_path / "外面").mkdir()
    (folder / "链接").symlink_to(tmp_path / "外面")
    passes = watch([folder], stop=stop, **SOON)
    next(passes)
    (tmp_path / "外面" / "甲.txt").write_text("正文", "utf-8")
    assert next(passes).why is Why.CHECK


def test_a_folder_that_vanishes_and_comes_back_makes_passes_due(folder, stop):
    passes = watch([folder], stop=stop, **QUICK)
    next(passes)
    folder.rename(folder.with_name("拔掉了"))
    assert next(passes).why is Why.CHANGED
    folder.with_name("拔掉了").rename(folder)
    assert next(passes).why is Why.CHANGED
    (folder / "甲.txt").write_text("正文", "utf-8")
    assert next(passes).why is Why.CHANGED


def test_each_of_several_folders_is_watched(folder, stop, tmp_path):
    second = tmp_path / "归档"
    second.mkdir()
    passes = watch([folder, second], stop=stop, exclude=[folder, second], **QUICK)
    next(passes)
    (second / "甲.txt").write_text("正文", "utf-8")
    assert next(passes).why is Why.CHANGED


def test_a_file_name_that_is_not_utf8_makes_a_pass_due(folder, stop):
    passes = watch([folder], stop=stop, **QUICK)
    next(passes)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("正文", "utf-8")
    assert next(passes) == Due(Why.CHANGED)


@pytest.fixture
def unreportable(folder):
    """A folder whose changes the system's reports cannot name: one inside has a name that is not UTF-8."""
    os.mkdir(os.fsencode(folder) + b"/\xff")
    return folder


def test_where_reports_cannot_be_had_the_folder_is_polled_and_this_is_told_once(unreportable, stop):
    passes = watch([unreportable], stop=stop, **QUICK)
    first = next(passes)
    assert first.why is Why.START and first.polling
    (unreportable / "甲.txt").write_text("正文", "utf-8")
    assert next(passes) == Due(Why.CHANGED)
    Path(os.fsdecode(os.fsencode(unreportable) + b"/\xff/\xfe.txt")).write_text("正文", "utf-8")
    assert next(passes) == Due(Why.CHANGED)


def test_polling_passes_over_the_same(unreportable, stop):
    passes = watch([unreportable], stop=stop, exclude=[unreportable / "库"], **SOON)
    next(passes)
    (unreportable / "~$甲.docx").write_text("正文", "utf-8")
    (unreportable / "库").mkdir()
    assert next(passes).why is Why.CHECK


def test_when_the_system_takes_no_more_watches_the_folder_is_polled(folder):
    for number in range(10):
        (folder / f"夹{number}").mkdir()
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\nimport threading\nfrom pathlib import Path\n"
        f"from ingest.watch import watch\npasses = watch([Path({str(folder)!r})], stop=threading.Event(),"
        f" settle_s=0, poll_s=0.02)\nprint(next(passes).polling)\nPath({str(folder / '甲.txt')!r}).touch()\n"
        "print(next(passes))"
    )
    limited = 'echo 5 > /proc/sys/user/max_inotify_watches && exec "$0" -c "$1"'
    try:
        done = subprocess.run(
            ["unshare", "-r", "sh", "-c", limited, sys.executable, program], capture_output=True, text=True, timeout=60
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if not done.stdout:
        pytest.skip(f"the limit cannot be set here: {done.stderr[-200:]}")
    told, changed = done.stdout.splitlines()
    assert "watch limit" in told and changed == repr(Due(Why.CHANGED))


@pytest.mark.parametrize("where", ["folder", "unreportable"])
def test_stopping_ends_it_at_once(where, request, stop):
    passes = watch([request.getfixturevalue(where)], stop=stop, poll_s=1000.0)
    next(passes)
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    assert list(passes) == []
    timer.join()


def test_an_interrupt_ends_it(folder, stop):
    passes = watch([folder], stop=stop)
    next(passes)
    timer = threading.Timer(0.05, os.kill, [os.getpid(), 2])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        next(passes)
    timer.join()


def test_a_stop_before_the_start_makes_nothing_due(folder, stop):
    stop.set()
    assert list(watch([folder], stop=stop)) == []


@pytest.mark.parametrize(
    ("mount", "kind"),
    [
        ("36 35 {device} / /mnt/共享 rw,noatime master:1 - nfs4 server:/share rw", "nfs4"),
        ("36 35 {device} / /mnt/c rw - 9p C:\\134 rw", "9p"),
        ("36 35 {device} / /mnt/远程 rw - fuse.sshfs me@host: rw", "fuse.sshfs"),
        ("36 35 {device} / /media/U盘 rw - fuseblk /dev/sdb1 rw", None),
        ("36 35 {device} / / rw - ext4 /dev/sda1 rw", None),
        ("36 35 999:999 / / rw - nfs4 server:/share rw", None),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(folder, tmp_path, mount, kind):
    device = folder.stat().st_dev
    table = tmp_path / "mountinfo"
    table.write_text(mount.format(device=f"{os.major(device)}:{os.minor(device)}") + "\n", "utf-8")
    assert remote_file_system(folder, mounts=table) == kind


def test_without_a_table_of_mounts_every_file_system_is_taken_for_local(folder, tmp_path):
    assert remote_file_system(folder, mounts=tmp_path / "没有") is None
    assert remote_file_system(tmp_path / "没有") is None
