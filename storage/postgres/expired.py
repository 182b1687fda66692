"""What is over and serves nobody any more."""

SESSIONS = "delete from sessions where expires_at < $1 or ended_at < $1"
INVITATIONS = "delete from invitations where expires_at < $1 or used_at < $1"
