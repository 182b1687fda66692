"""Every limit with its unit. A limit that is met is an error with a name, never a silent cut."""

from typing import Annotated

from msgspec import Meta

# HTTP
REQUEST_BYTES_MAX = 1 << 20
UPLOAD_ONE_REQUEST_BYTES_MAX = 8 << 20
VERSION_BYTES_MAX = 200 << 20
UPLOADS_OPEN_MAX = 50  # versions that a person began and has not completed, over all cases
PAGE_ITEMS_DEFAULT = 50
PAGE_ITEMS_MAX = 500

BIGINT_MAX = 2**63 - 1  # of a seq or a count: PostgreSQL's bigint

# Socket
FRAME_BYTES_MAX = 64 << 10
SUBSCRIPTIONS_MAX = 64
SOCKET_BUFFER_BYTES_MAX = 256 << 10
HEARTBEAT_S = 25
DEAD_PEER_S = 60
REPLAY_EVENTS_MAX = 1_000_000  # of one stream; who missed more reads again
REPLAY_MINE_EVENTS_MAX = 100_000  # of all streams, whoever may see them, since they are looked through in their order
RING_EVENTS_MAX = 20_000

# The record of who did what
WITNESS_KEPT_DAYS = 3650  # a checkpoint in a bucket with object lock
HASHED_AT_ONCE_MAX = 64 << 10  # bytes that are hashed without giving way to others; more go to a thread

# Keeping and erasing
HOLDS_MAX = 10_000  # that stand, of an organisation
SCHEDULES_MAX = 500  # of an organisation
KEEP_YEARS_MAX = 200
DESTROYED_AT_ONCE = 2_000  # rows in one transaction
ERASED_CASES_MAX = 200  # in which somebody's words go at once
PERSON_COPIES_AT_ONCE_MAX = 2  # of what is held of people, in a process; each holds a connection to the database

PRIVILEGED_KEPT_MAX = 50_000  # cases of which a process knows whether their conversations are privileged
ENTRIES_WAITING_MAX = 16_384  # reads and refusals of a process that wait to be written down
ENTRIES_TOGETHER_MAX = 256  # of them in one transaction

# Teams and walls
TEAMS_MAX = 1000  # of an organisation
TEAM_MEMBERS_MAX = 200
TEAM_GRANTS_MAX = 40_000  # members times cases: what one change of access may write
WALL_CASES_MAX = 200
WALL_PEOPLE_MAX = 200
WALL_TEAMS_MAX = 20
WALL_GRANTS_MAX = 20_000  # people times cases

# Time
SESSION_DAYS = 14  # of a browser, however much it is used; unused: Settings.session_idle_hours
INVITATION_DAYS = 7
UPLOAD_MINUTES = 60
UPLOAD_GRACE_MINUTES = 30  # for one that started in the last second of its address
FILE_ADDRESS_S = 120

# Sign-in
PASSWORD_CHARS_MAX = 256
TOKEN_BYTES_MAX = 200  # of what a client shows as one
FACTORS_MAX = 20  # of one person
RECOVERY_CODES = 10
RECOVERY_BITS = 120  # ASVS 6.5.2: from 112 on a hash without salt is enough
FACTOR_TRIES_MAX = 5  # of one sign-in that waits for its second factor
PENDING_MINUTES = 5  # for a second factor, or for a browser's answer with a passkey
PROOF_MINUTES = 10  # after which dangerous acts ask again
DEVICE_DAYS = 180
DEVICES_MAX = 50  # of one person
TOKEN_DAYS_MAX = 365
TOKENS_MAX = 100  # of one person
SERVICES_MAX = 200  # of one organisation
SERVICE_TOKENS_MAX = 20  # of one service
GUEST_SUBSCRIPTIONS_MAX = 20  # of one connection of a service to NATS
GUEST_MESSAGE_BYTES_MAX = 256 << 10
USE_NOTED_EVERY_S = 300  # of a session, in each process
CREDENTIAL_BYTES_MAX = 16 << 10  # a browser's answer with a passkey
THROTTLES_MAX = 100_000  # rows

# Links in the mail
LINK_MINUTES = 15
LINK_SESSION_DAYS = 1
RESET_MINUTES = 30  # to set a forgotten password anew

# Outside identity providers
PROVIDERS_MAX = 20  # of one organisation
PROVIDER_DOMAINS_MAX = 50
PROVIDER_VALUES_MAX = 20
PROVIDER_ADDRESS_CHARS_MAX = 500
PROVIDER_SECRET_CHARS_MAX = 500
PROVIDER_CODE_CHARS_MAX = 4_000
PROVIDER_ANSWER_BYTES_MAX = 256 << 10
PROVIDER_FETCH_S = 5.0  # for one whole answer, however slowly it drips
PROVIDER_KEYS_MAX = 50  # of one key set
PROVIDER_KNOWN_S = 3600  # how long what a provider says of itself is kept
PROVIDER_KEYS_AGAIN_S = 60  # between two looks for a key that nobody knows
PROVIDER_FAILED_S = 5  # after a provider gave no answer, until it is asked again
PROVIDERS_KNOWN_MAX = 200  # in a process
JOURNEY_MINUTES = 10  # to a provider and back
ID_TOKEN_BYTES_MAX = 16 << 10
ID_TOKEN_LEEWAY_S = 60
SUBJECT_CHARS_MAX = 255  # OpenID Connect Core, section 2
IDENTITIES_MAX = 20  # of one person

# Apps
APPS_MAX = 100  # of an organisation
APP_ADDRESSES_MAX = 20  # each of redirect and of logout addresses
OAUTH_FORM_BYTES_MAX = 16 << 10
OAUTH_QUERY_BYTES_MAX = 8 << 10  # what an app asks in an address
OAUTH_FIELDS_MAX = 40
OAUTH_TEXT_CHARS_MAX = 2_000  # of `state` and `nonce`, which go back as they came
OAUTH_REQUESTS_MAX = 20  # questions that wait for one person; the oldest gives way
OAUTH_REQUEST_MINUTES = 30  # to answer what an app asks
OAUTH_CODE_S = 60
ACCESS_TOKEN_S = 600
ID_TOKEN_S = 600
REFRESH_IDLE_DAYS = 14  # a refresh token that nobody used for so long is over
FAMILY_DAYS = 90  # after which an app has to ask its person to sign in again, however often it came
DEVICE_CODE_S = 900
DEVICE_INTERVAL_S = 5  # between two questions of a device; each that comes too soon makes it 5 s longer
SIGNING_KEY_DAYS = 90
SIGNING_KEY_KEPT_DAYS = 2  # published after it signed last: longer than any identity token or cache of it

# Content at rest
CASE_KEYS_KEPT_S = 60.0  # an unwrapped key of a case, in a process
CASE_KEYS_KEPT_MAX = 1000
VAULT_S = 2.0  # for one whole answer
VAULT_ANSWER_BYTES_MAX = 64 << 10
KMS_S = 5.0  # for one whole answer of a cloud's KMS, with what is tried again
KMS_CONNECT_S = 1.0
KMS_ANSWER_S = 1.5  # between two bytes of it
KMS_TRIES_MAX = 2
KMS_AT_ONCE_MAX = 8  # questions, in a process
QUARANTINE_CLEAR_HOURS = 2  # then what still lies in quarantine is sealed there, examined or not

# How often: the budgets themselves are in schemas/rates.py
READY_KEPT_S = 1.0  # of what the hub found out about its servers
RATES_SAID_EVERY_S = 1.0  # how long a process keeps to itself what it let through
RATES_KEPT_MAX = 20_000  # budgets, in a process

# Exports of cases
EXPORT_HOURS = 24  # for which an archive can be downloaded, again and again
EXPORT_RECORD_S = 600  # in which whoever downloads takes all that is not documents: so long one moment is held
EXPORTS_AT_ONCE_MAX = 6  # downloads of archives, in a process; each holds a connection to the database
EXPORTS_OF_ONE_MAX = 1  # of one person, in a process
EXPORTS_FULL_AGAIN_MS = 30_000  # after which it is worth to ask again where there are so many
EXPORT_PART_BYTES = 256 << 10  # that leave at once, each after the wall was asked
READING_ASKED_AGAIN_S = 1.0  # the wall, while bytes of a document or an archive leave
EXPORT_PACE_MIN_BYTES_S = 16 << 10  # at which a download has to be taken
EXPORT_LATE_MAX_S = 30.0  # by which it may fall behind that, then it is ended

# Questions over the record
AUDIT_COUNT_MAX = 1_000  # how far entries are counted that a question finds
AUDIT_SEEN_MAX = 20_000  # readings of a document that are summed up, the last ones
AUDIT_ACTS_MAX = 50  # kinds of acts in one question
AUDIT_EXPORT_MAX = 100_000  # entries in one export

# Directories (SCIM)
SCIM_PAGE_ITEMS_MAX = 200
SCIM_FILTER_CHARS_MAX = 1000
SCIM_FILTER_TERMS_MAX = 20
SCIM_OPERATIONS_MAX = 1000  # of one PATCH
SCIM_EMAILS_MAX = 10
SCIM_TEXT_CHARS_MAX = 500

Title = Annotated[str, Meta(min_length=1, max_length=500, description="One line for people.")]
Name = Annotated[str, Meta(min_length=1, max_length=1000)]
Body = Annotated[str, Meta(min_length=1, max_length=20_000, description="Plain text.")]
LongText = Annotated[str, Meta(max_length=200_000)]
ShortText = Annotated[str, Meta(max_length=2_000)]
RoleName = Annotated[str, Meta(pattern="^[a-z][a-z_]{1,30}$")]
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Password = Annotated[str, Meta(min_length=1, max_length=PASSWORD_CHARS_MAX)]
NewPassword = Annotated[
    str,
    Meta(min_length=1, max_length=PASSWORD_CHARS_MAX, description="CASEWIRE_PASSWORD_MIN characters or more, any."),
]
Secret = Annotated[str, Meta(min_length=20, max_length=200)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the bytes, lower-case hexadecimal.")]
