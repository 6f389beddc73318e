"""A ledger of the first release, with data in it, is brought up to date: nothing is lost, and its work goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import URL

from gateway import Outcome
from gateway.errors import GatewayError, SettingsError
from gateway.ledger import Ledger, Vault, copying, engines, lines, make, making, migrations, new_master_key
from gateway.ledger import tables as t
from gateway.model import Identity, IdentityKind, Record, Ref, Secret
from gateway.safekeeping import back_up, pending, upgrade
from gateway.settings import Settings, load
from gateway.trail import new_signing_key, public_key, verify
from tests.conftest import MakeUrl
from tests.core.firm import Firm
from tests.ledger.first_release import AT, TABLES, first_release, rows_in

PEOPLE = {
    "1": ("kari@example.org", "Kari Nordmann", date(2026, 3, 1)),
    "2": ("ola@example.org", "Ola Hansen", None),
}


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return {"master": new_master_key().reveal(), "signing": new_signing_key().reveal()}


@pytest.fixture(scope="module")
def vault(keys: dict[str, str]) -> Vault:
    return Vault(Secret(keys["master"]))


@pytest.fixture
def oldest(empty_url: MakeUrl, vault: Vault, keys: dict[str, str]) -> URL:
    """The URL of a ledger of the first release."""
    url = empty_url()
    kari, ola = (
        Record(Ref("person", number), (Identity(IdentityKind.EMAIL, email),), name)
        for number, (email, name, _) in PEOPLE.items()
    )
    first_release(url, vault, kari, ola, Secret(keys["signing"]))
    assert all(rows_in(url).values()), "every table has a row"
    return url


@pytest.fixture
def settings(oldest: URL, tmp_path: Path, keys: dict[str, str]) -> Settings:
    folder = tmp_path / "firm"
    folder.mkdir()
    for name, text in {**keys, "ledger": oldest.render_as_string(hide_password=False)}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    (folder / "gateway.toml").write_text(
        '[gateway]\nledger = { file = "ledger" }\nmaster_key = { file = "master" }\nsigning_key = { file = "signing" }\n'
        '[purposes.recruitment]\n[processors.paper]\nrole = "joint"\nlocation = "archive"\n'
    )
    return load(folder / "gateway.toml", {})


def differences(url: URL) -> list[object]:
    engine = engines.open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        found = list(compare_metadata(context, t.metadata))
    engine.dispose()
    return found


def test_the_first_release_had_these_tables(oldest: URL) -> None:
    engine = engines.open_engine(oldest)
    assert set(sa.inspect(engine).get_table_names()) == {*TABLES, "alembic_version"}
    engine.dispose()


def test_it_is_refused_until_it_is_upgraded_and_then_has_the_schema_and_all_rows(
    oldest: URL, settings: Settings, vault: Vault, keys: dict[str, str], now: datetime
) -> None:
    counts = rows_in(oldest)
    with pytest.raises(
        SettingsError, match=r"older version \(schema 0001, this is \d+\); `gateway upgrade` brings"
    ):
        Ledger(oldest, vault)
    done = upgrade(settings, now)
    assert (done.before, done.after, done.backup) == ("0001", making.HEAD, None)
    assert (differences(oldest), rows_in(oldest)) == ([], counts)
    ledger = Ledger(oldest, vault)
    with ledger.read() as tx:
        report = verify(lines.stream(tx), lines.all_checkpoints(tx), [public_key(Secret(keys["signing"]))])
        assert (report.sound, report.lines, report.signed_to) == (True, 5, 5)
    ledger.close()
    again = upgrade(settings, now)
    assert (again.before, again.after) == (making.HEAD, making.HEAD)


@pytest.fixture
def firm_of(settings: Settings, vault: Vault, oldest: URL) -> Callable[[], Firm]:
    """The firm of this ledger as it is today: its vendor still holds both."""

    def make_one() -> Firm:
        firm = Firm(settings.folder, Ledger(oldest, vault), datetime(2026, 3, 3, 8, tzinfo=AT.tzinfo))
        vendor = firm.vendor("recman")
        for number, (email, name, over) in PEOPLE.items():
            vendor.add(number, email, name, over=over)
        return firm

    return make_one


def test_the_step_that_was_open_is_carried_out(
    settings: Settings, now: datetime, firm_of: Callable[[], Firm]
) -> None:
    upgrade(settings, now)
    firm = firm_of()
    try:
        assert firm.sync().exit_code == 0
        assert (firm.vendors["recman"].deleted, firm.outcome("recman", 2)) == (["1"], Outcome.VERIFIED)
        assert (firm.case(2).state, len(firm.rows(t.cases))) == ("closed", 2)
        firm.vendors["recman"].add("33", "per@example.org", "Per Berg")
        report = firm.sync_later()  # the tombstone of the first release still knows him
        assert (report.planned.triggers, firm.vendors["recman"].deleted) == ({"returned": 1}, ["1", "33"])
        firm.check_trail()
    finally:
        firm.open_registers_closed()
        firm.ledger.close()


@pytest.mark.parametrize("revision", ["0002", "0003", "0004"])
def test_an_upgrade_that_is_cut_off_leaves_the_old_version_whole(
    oldest: URL,
    settings: Settings,
    vault: Vault,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    revision: str,
) -> None:
    """It dies at the end of a migration: everything that was done before is undone, too."""
    from alembic.runtime.migration import HeadMaintainer

    update = HeadMaintainer.update_to_step

    def die(self: HeadMaintainer, step: object) -> None:
        update(self, step)  # type: ignore[arg-type]  # handed on
        if self.heads == {revision}:
            raise sa.exc.OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    counts = rows_in(oldest)
    with monkeypatch.context() as patch:
        patch.setattr(HeadMaintainer, "update_to_step", die)
        with pytest.raises(GatewayError, match="cannot be used: the server closed the connection"):
            upgrade(settings, now)
    assert pending(settings) == ("0001", making.HEAD)
    engine = engines.open_engine(oldest)
    assert set(sa.inspect(engine).get_table_names()) == {*TABLES, "alembic_version"}
    assert "look_at" not in {each["name"] for each in sa.inspect(engine).get_columns("subjects")}
    engine.dispose()
    assert rows_in(oldest) == counts
    upgrade(settings, now)
    assert (differences(oldest), rows_in(oldest)) == ([], counts)
    Ledger(oldest, vault).close()


def test_a_backup_before_it_is_of_the_old_schema(
    settings: Settings, oldest: URL, vault: Vault, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "before.db"
    counts = rows_in(oldest)
    done = upgrade(settings, now, path)
    assert done.backup is not None
    assert making.found_version(copying.file_url(path)) == "0001"
    wanted = {name: count for name, count in counts.items() if name != "holders"}
    assert (done.backup.counts, done.backup.lines) == (wanted, 5)
    found, url = copying.unpack(path, tmp_path / "unpacked.db")
    assert (found, differences(url)) == ("0001", [])
    Ledger(url, vault).close()
    with pytest.raises(SettingsError, match=r"before\.db: is there already"):
        back_up(settings, path, now)


def test_no_upgrade_without_its_backup(settings: Settings, now: datetime, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no folder"):
        upgrade(settings, now, tmp_path / "none" / "before.db")
    assert pending(settings)[0] == "0001"
    upgrade(settings, now, tmp_path / "before.db")
    assert pending(settings)[0] == making.HEAD


def test_there_is_nothing_to_upgrade_where_there_is_no_ledger(empty_url: MakeUrl) -> None:
    url = empty_url()
    with pytest.raises(SettingsError, match="there is no ledger yet; `gateway init` makes one"):
        making.upgrade(url)
    make(url)
    assert making.upgrade(url) == (making.HEAD, making.HEAD)


def test_a_newer_ledger_is_not_touched(ledger_url: MakeUrl) -> None:
    url = ledger_url()
    engine = engines.open_engine(url)
    for version in ("9999", making.HEAD):
        with engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{version}'"))
        if version == "9999":
            with pytest.raises(SettingsError, match="by a newer version"):
                making.upgrade(url)
    engine.dispose()
    assert making.upgrade(url) == (making.HEAD, making.HEAD)


def test_every_migration_is_tried_by_being_cut_off() -> None:
    found = sorted(path.name[:4] for path in Path(migrations.__path__[0], "versions").glob("0*.py"))
    assert found[1:] == ["0002", "0003", "0004"]
