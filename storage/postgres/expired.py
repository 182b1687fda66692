"""What is over and serves nobody any more."""

SESSIONS = "delete from sessions where expires_at < $1 or ended_at < $1"
INVITATIONS = "delete from invitations where expires_at < $1 or used_at < $1"
CHALLENGES = "delete from challenges where expires_at < $1"
JOURNEYS = "delete from journeys where expires_at < $1"
LINKS = "delete from links where expires_at < $1"
DEVICES = "delete from devices where used_at < $1"
FACTORS = "delete from factors where confirmed_at is null and made_at < $1"
OAUTH_REQUESTS = "delete from oauth_requests where expires_at < $1"
OAUTH_DEVICES = "delete from oauth_devices where expires_at < $1"
OAUTH_CODES = "delete from oauth_codes where expires_at < $1"
OAUTH_REFRESHES = "delete from oauth_refreshes where expires_at < $1"
OAUTH_FAMILIES = "delete from oauth_families where expires_at < $1 or ended_at < $1"
EXPORTS = "delete from exports where expires_at < $1"
RATES = "delete from rates where until < now()"
# What has been forgotten, and whatever there is too much, so that the table stays small in any flood: first those whom
# nothing holds up, or a flood of new ones would free those who wait.
THROTTLES = """delete from throttles where at < $1
    or key in (select key from throttles order by until desc, at desc offset $2)"""
