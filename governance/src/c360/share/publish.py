"""`c360 publish PARTNER`: withdraw what has ended, ask whether it may go out, release, bundle."""

from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from c360.contract.classifications import classifications
from c360.contract.sunset import refuse_ended
from c360.database import connect
from c360.database.access import TRANSFORMER
from c360.errors import Breach, CouldNotTell
from c360.project import Project
from c360.share import bundle
from c360.share.policy import Policy, policies_of
from c360.share.release import release, withdraw_ended
from c360.share.window import Release
from c360.status.overview import Overview, read_overview

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class Published:
    """What went out, and the policies whose share was withdrawn."""

    releases: tuple[Release, ...]
    folders: tuple[Path, ...]
    ended: tuple[Policy, ...]


def publish(
    project: Project, database: "Connection", partner: str, folder: Path, now: datetime, pinned: bool
) -> Published:
    """Publish all that a partner gets, each product into a folder below `folder`; `pinned` says that the clock is not
    now.

    Raises CouldNotTell for a partner that no policy names, or a product of which nobody knows whether it holds; Breach
    when it does not hold, when k does not, when the partner's contract breaks without a major step, or when a change of
    the policy needs a new key.
    """
    policies = policies_of(project)
    require_partner(project, partner)
    ended = withdraw_ended(project, policies, now)
    chosen = [policy for policy in policies if policy.partner == partner and policy not in ended]
    if not chosen:
        return Published((), (), tuple(ended))
    overview = read_overview(database, project.catalog, now)
    levels = classifications(project.settings.classifications)
    for policy in chosen:
        refuse_ended([policy.contract], now.date())
        _require_held(project, overview, policy)
        bundle.changes_since(policy, None, folder / policy.dataset.name, levels, now)
    releases = release(project, chosen, now, pinned)
    kept = [asdict(one) for one in overview.sla]
    with closing(connect(project.settings, role=TRANSFORMER)) as owner, owner.transaction():
        folders = [
            bundle.write(one, owner, folder / one.policy.dataset.name, project.settings.home, levels, kept, now)
            for one in releases
        ]
    return Published(tuple(releases), tuple(folders), tuple(ended))


def require_partner(project: Project, partner: str) -> None:
    """Raises CouldNotTell for a partner that no policy names."""
    known = sorted({policy.partner for policy in policies_of(project)})
    if partner not in known:
        raise CouldNotTell(f"No policy is for a partner {partner!r}.", f"There are: {', '.join(known) or 'none'}.")


def _require_held(project: Project, overview: Overview, policy: Policy) -> None:
    """What the product and the sources promise holds, as far as the newest gate, build and verify know."""
    sources = {dataset.name for contract, dataset in project.catalog.pairs() if contract.layer == "sources"}
    about = {policy.dataset.name, *sources}
    broken = [clause for clause in overview.broken() if overview.clauses[clause].dataset in about]
    if broken:
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise Breach(
            f"{policy.dataset.name} is not published to {policy.partner}: {', '.join(broken[:3])}{more} "
            f"{'does' if len(broken) == 1 else 'do'} not hold.",
            "See: c360 status",
        )
    verified = {s.dataset for s in overview.standings if s.stage == "verify"}
    if policy.dataset.name not in verified:
        raise CouldNotTell(
            f"{policy.dataset.name} is not published to {policy.partner}: it was never verified.", "Run: c360 verify"
        )
