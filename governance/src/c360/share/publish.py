"""`c360 publish PARTNER`: withdraw what has ended, ask whether it may go out, release, bundle."""

from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.contract.classifications import classifications
from c360.contract.sunset import refuse_ended
from c360.database import connect
from c360.database.access import TRANSFORMER
from c360.database.waiting import Say, partners_let_go
from c360.errors import Breach, CouldNotTell, unknown
from c360.ledger.standings import Standing
from c360.project import Project
from c360.share import budget, bundle
from c360.share.contract import address_of, is_local
from c360.share.living import Ended, open_shares
from c360.share.policy import Policy, policies_of
from c360.share.release import release
from c360.share.window import Release
from c360.share.withdraw import delete_data, withdraw_ended
from c360.status.overview import Overview, Sla, read_overview

if TYPE_CHECKING:
    from psycopg import Connection

_SERVER = 'in c360.toml, write [sharing] server = "host:port/database"'


@dataclass(frozen=True)
class Published:
    """What went out, and the shares that were withdrawn."""

    releases: tuple[Release, ...]
    folders: tuple[Path, ...]
    ended: tuple[Ended, ...]


def publish(
    project: Project, database: "Connection", partner: str, folder: Path, now: datetime, pinned: bool, say: Say
) -> Published:
    """Publish all that a partner gets, each product into a folder below `folder`; `pinned` says that the clock is not
    now. A partner's session that is in the way is ended, and `say` told.

    Raises CouldNotTell for a partner that no policy names, or a product of which nobody knows whether it holds; Breach
    when it does not hold, when k does not, when the budget of totals is gone, when the contract breaks without
    a major step, or when a change of the policy needs a new key.
    """
    require_partner(project, partner)
    with partners_let_go(project.settings, say):
        return _publish(project, database, partner, folder, now, pinned, say)


def _publish(
    project: Project, database: "Connection", partner: str, folder: Path, now: datetime, pinned: bool, say: Say
) -> Published:
    policies = policies_of(project)
    ended = withdraw_ended(project, policies, now, say)
    for one in ended:
        if one.partner == partner:
            delete_data(folder / one.product)
    chosen = [policy for policy in policies if policy.partner == partner and policy.until >= now.date()]
    if not chosen:
        return Published((), (), tuple(ended))
    overview = read_overview(database, project.catalog, now)
    levels = classifications(project.settings.classifications)
    for policy in chosen:
        refuse_ended([policy.contract], now.date())
        _require_held(project, overview, policy, say)
        address = address_of(policy, project.settings)
        if is_local(str(address["host"])):
            say(f"The contract of {partner} names {address['host']}, which only this machine reaches: {_SERVER}")
        bundle.changes_since(policy, None, address, folder / policy.dataset.name, levels, now)
    releases = release(project, chosen, now, pinned)
    for made in releases:
        if not made.published and not made.policy.totals:
            asked = " and ".join(filter(None, (f"k = {made.policy.k}", made.policy.diversity.told)))
            say(f"Nobody of {made.policy.dataset.name} is published: no group of its {made.persons} has {asked}.")
    kept = [_kept(one) for one in overview.sla]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction():
        for policy in chosen:
            if policy.totals:
                used = budget.spent(owner.cursor(), policy)
                say(f"{policy.dataset.name}: {used} of {policy.totals.total} of epsilon is spent.")
        folders = [
            bundle.write(one, owner, folder / one.policy.dataset.name, project.settings, levels, kept, now)
            for one in releases
        ]
    return Published(tuple(releases), tuple(folders), tuple(ended))


def _kept(one: Sla) -> dict[str, Any]:
    """How a promise was kept, as the partner may know: not of which source, nor at which instant that was loaded."""
    newest = one.newest and one.newest.date()
    return {key: of for key, of in asdict(one).items() if key not in ("dataset", "clause", "days")} | {"newest": newest}


def require_partner(project: Project, partner: str) -> None:
    """Raises CouldNotTell for a partner that no policy names, and that has no share."""
    known = {policy.partner for policy in policies_of(project)}
    if partner not in known:
        with closing(connect(project.settings, role=TRANSFORMER)) as owner:
            if partner in {name for name, _ in open_shares(owner.cursor())}:
                return
        raise unknown(f"No policy is for a partner {partner!r}.", partner, known)


def _require_held(project: Project, overview: Overview, policy: Policy, say: Say) -> None:
    """What the product and the sources promise holds, as far as the newest gate, build and verify know. A breach of
    severity warning refuses nothing, here as elsewhere."""
    sources = {dataset.name for contract, dataset in project.catalog.pairs() if contract.layer == "sources"}
    about = {policy.dataset.name, *sources}
    broken = [s for s in overview.standings if s.outcome in ("failed", "errored") and s.dataset in about]
    refused = f"{policy.dataset.name} is not published to {policy.partner}"
    if broken:
        for standing in broken:
            clause = overview.clauses[standing.clause]
            say(f"{clause.id} does not hold ({standing.stage}): {clause.kind.describe(clause)}")
        ids = list(dict.fromkeys(s.clause for s in broken))
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        verb = "does" if len(ids) == 1 else "do"
        raise Breach(f"{refused}: {', '.join(ids[:3])}{more} {verb} not hold.", _way_there(broken, policy.partner))
    verified = {s.dataset for s in overview.standings if s.stage == "verify"}
    if policy.dataset.name not in verified:
        raise CouldNotTell(f"{refused}: it was never verified.", "Run: c360 verify")


def _way_there(broken: list[Standing], partner: str) -> str:
    """What makes broken clauses hold: the next delivery, if the gate found them; then the stages after it."""
    delivered = sorted({s.dataset for s in broken if s.stage in ("gate", "replay")})
    steps = [f"c360 ingest {dataset} FILE (without these defects)" for dataset in delivered]
    return f"Mend what breaks them, then: {', '.join([*steps, 'c360 build', 'c360 verify', f'c360 publish {partner}'])}"
