// Made by `python -m deploy.generate_ts` from the Structs in schemas/. Do not edit.

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = "casewire.v1";
export const UPLOAD_ONE_REQUEST_BYTES_MAX = 8388608;
export const VERSION_BYTES_MAX = 209715200;
export const PAGE_ITEMS_DEFAULT = 50;
export const PAGE_ITEMS_MAX = 500;
export const HEARTBEAT_S = 25;
export const DEAD_PEER_S = 60;
export const SUBSCRIPTIONS_MAX = 64;
export const TOKEN_DAYS_MAX = 365;
export const ERASED_CASES_MAX = 200;
export const KEEP_YEARS_MAX = 200;
export const WALL_CASES_MAX = 200;
export const WALL_PEOPLE_MAX = 200;
export const WALL_TEAMS_MAX = 20;
export const AUDIT_COUNT_MAX = 1000;
export const AUDIT_SEEN_MAX = 20000;

/** One thing, as it was at `as_of`. */
export interface Answer<T> {
  readonly item: T;
  readonly as_of: AsOf;
}

/** A page of a list in its order; `next` is the cursor for `?after=`, or null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
  readonly as_of: AsOf;
}

/** The place a case-scoped answer was read at: the events after `seq` of that case complete it. */
export interface AsOf {
  readonly epoch: string;
  readonly seq?: number | null;
  readonly pos?: string | null;
}

/** `at` is a JSONPath like `$.due_on`; `why` is for people. */
export interface FieldProblem {
  readonly at: string;
  readonly why: string;
}

/** An RFC 9457 problem: the body of every HTTP error. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly fields?: readonly FieldProblem[];
  readonly retry_after_ms?: number | null;
}

/** A part someone can take in a case of this type. */
export interface Role {
  readonly title: string;
  readonly side: "staff" | "outside";
}

export interface Status {
  readonly title: string;
  readonly open: boolean;
}

/** A named step from one of `sources` to `target`, by `roles`. */
export interface Transition {
  readonly title: string;
  readonly sources: readonly string[];
  readonly target: string;
  readonly roles: readonly string[];
}

/** A declared set of participant roles who see a thing together. */
export interface Audience {
  readonly title: string;
  readonly roles: readonly string[];
}

/** What of a case everybody may know where its organisation publishes it, besides number, status and days: intake fields. `category` is the one of them that says what it is about, for those who look for one kind. */
export interface Public {
  readonly fields: readonly string[];
  readonly category: string;
}

/** How long what is of a case is kept after it is closed, in years, where its organisation says nothing else: `case` the case with all that is in it, `kinds` documents of these kinds. None: for ever. */
export interface Keeping {
  readonly case: number | null;
  readonly kinds: Readonly<Record<string, number | null>>;
}

/** A case type as clients read it: `GET /v1/case-types`. `intake_schema` is JSON Schema (2020-12) of all fields; `hidden` says of some by which roles alone they are seen. `current` versions open new cases. */
export interface TypeView {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly intake_schema: Readonly<Record<string, unknown>>;
  readonly hidden: Readonly<Record<string, readonly string[]>>;
  readonly public: Public | null;
  readonly current: boolean;
  readonly roles: Readonly<Record<string, Role>>;
  readonly statuses: Readonly<Record<string, Status>>;
  readonly transitions: Readonly<Record<string, Transition>>;
  readonly audiences: Readonly<Record<string, Audience>>;
  readonly document_kinds: Readonly<Record<string, string>>;
  readonly party_roles: readonly string[];
  readonly entry_kinds: Readonly<Record<string, string>>;
  readonly notice_plan: readonly string[];
  readonly opened_by: readonly string[];
  readonly opener_role: string;
  readonly grants: Readonly<Record<string, readonly string[]>>;
  readonly open_to_staff: boolean;
  readonly retention: Keeping;
}

/** What others in a case or an organisation see of a person; a service has no e-mail. */
export interface Card {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly membership: string;
}

/** A person's place in an organisation. */
export interface Member {
  readonly person: string;
  readonly org: string;
  readonly role: string;
  readonly since: string;
  readonly revision: number;
}

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly case_types: readonly string[];
}

/** An organisation I belong to and my role there. */
export interface Seat {
  readonly org: Organisation;
  readonly role: string;
}

/** The person signed in. `seats` are memberships; `live_url` and `files_url` are where the client connects. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly zone: string;
  readonly seats: readonly Seat[];
  readonly live_url: string;
  readonly files_url: string;
}

export interface InvitePerson {
  readonly org: string;
  readonly email: string;
  readonly name: string;
  readonly role?: "admin" | "desk" | "outside";
}

export interface AcceptInvitation {
  readonly token: string;
  readonly name: string;
  readonly password: string;
  readonly zone?: string;
}

/** Makes the organisation and its first administrator; works only while there is no organisation. */
export interface FirstRun {
  readonly organisation: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly zone?: string;
  readonly case_types?: readonly string[];
}

export interface SignIn {
  readonly email: string;
  readonly password: string;
}

/** As the organisation's administrators see it. One that waits is worth nothing after `expires_at`. */
export interface Invitation {
  readonly id: string;
  readonly org: string;
  readonly email: string;
  readonly name: string;
  readonly role: "admin" | "desk" | "outside";
  readonly by: string | null;
  readonly made_at: string;
  readonly expires_at: string;
  readonly state: "accepted" | "declined" | "waiting" | "withdrawn";
  readonly revision: number;
}

/** An invitation as whom it is for sees it: which organisation asks, who of it, and for which place. */
export interface Invited {
  readonly id: string;
  readonly org: string;
  readonly organisation: string;
  readonly role: "admin" | "desk" | "outside";
  readonly by: string;
  readonly made_at: string;
  readonly expires_at: string;
}

/** Yes or no. `token` is the secret of the mail: needed where we have not seen that its address is read. */
export interface AnswerInvitation {
  readonly accept: boolean;
  readonly token?: string | null;
}

/** `address` and `used_at` are those of its last use, to some minutes; `here` is the session that asks. */
export interface Session {
  readonly id: string;
  readonly person: string;
  readonly kind: string;
  readonly label: string;
  readonly made_at: string;
  readonly expires_at: string;
  readonly address: string;
  readonly used_at: string | null;
  readonly here: boolean;
  readonly scopes: readonly string[];
}

export interface MakeToken {
  readonly label: string;
  readonly days?: number;
  readonly scopes?: readonly ("admin" | "read" | "write")[];
}

/** `token` is shown this once. */
export interface NewToken {
  readonly session: Session;
  readonly token: string;
}

/** The password was right; one of `mfa` is still asked for. `pending` goes back with it and opens nothing else. `passkey` holds the options for `navigator.credentials.get` where a passkey is among the ways. */
export interface MfaNeeded {
  readonly mfa: readonly ("passkey" | "password" | "recovery" | "totp")[];
  readonly pending: string;
  readonly passkey: Readonly<Record<string, unknown>> | null;
}

/** Exactly one of `code`, `recovery` and `passkey`. */
export interface ProveSecond {
  readonly pending: string;
  readonly code?: string | null;
  readonly recovery?: string | null;
  readonly passkey?: Readonly<Record<string, unknown>> | null;
}

/** A question to the browser's passkeys: `pending` goes back with the answer to `options`. */
export interface Asked {
  readonly pending: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface PasskeySignIn {
  readonly pending: string;
  readonly passkey: Readonly<Record<string, unknown>>;
}

/** How this person can confirm that it is them, before something dangerous. */
export interface ProofWays {
  readonly ways: readonly ("passkey" | "password" | "recovery" | "totp")[];
  readonly pending: string;
  readonly passkey: Readonly<Record<string, unknown>> | null;
}

/** Exactly one of the four; `passkey` needs the `pending` of its options. */
export interface Prove {
  readonly password?: string | null;
  readonly code?: string | null;
  readonly recovery?: string | null;
  readonly passkey?: Readonly<Record<string, unknown>> | null;
  readonly pending?: string | null;
}

/** Somebody has forgotten their password; a mail to this address sets it anew, if it is anybody's. */
export interface AskReset {
  readonly email: string;
}

/** `token` is the secret of the mail. All sessions and personal tokens end. */
export interface ResetPassword {
  readonly token: string;
  readonly password: string;
}

/** All other sessions end, and personal tokens too where `end_tokens` says so. `old` is null where there is none. */
export interface ChangePassword {
  readonly new: string;
  readonly old?: string | null;
  readonly end_tokens?: boolean;
}

export interface Factor {
  readonly id: string;
  readonly kind: "passkey" | "totp";
  readonly label: string;
  readonly made_at: string;
  readonly used_at: string | null;
}

/** `needed`: an organisation asks this person for a second factor. `recovery_left`: codes that were not used. `password`: they have one beside. */
export interface Factors {
  readonly items: readonly Factor[];
  readonly recovery_left: number;
  readonly needed: boolean;
  readonly password: boolean;
}

/** Shown this once. `uri` and `qr` (an SVG as data URI) say the same as `secret`, which is base32, for typing. */
export interface NewTotp {
  readonly id: string;
  readonly secret: string;
  readonly uri: string;
  readonly qr: string;
}

export interface ConfirmTotp {
  readonly code: string;
}

export interface AddPasskey {
  readonly pending: string;
  readonly passkey: Readonly<Record<string, unknown>>;
  readonly label?: string;
}

/** A factor that counts now. `recovery` holds the codes, shown this once, where there were none before. */
export interface Enrolled {
  readonly factor: Factor;
  readonly recovery: readonly string[];
}

/** Shown this once; each works once. */
export interface Recovery {
  readonly codes: readonly string[];
}

/** Whoever has one of these places in the organisation needs a second factor. */
export interface MfaRule {
  readonly roles: readonly ("admin" | "desk" | "outside")[];
}

/** As administrators see it; its secret is shown to nobody. `domains` are those of addresses for which its word is taken when somebody comes for the first time; `brings` is the place of a new person, null where only known people come in; `mfa_amr` and `mfa_acr` are values of `amr` and `acr` that count as a second factor proved there. `redirect_uri` is what the provider has to be told of us. */
export interface Provider {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly domains: readonly string[];
  readonly brings: "desk" | "outside" | null;
  readonly mfa_amr: readonly string[];
  readonly mfa_acr: readonly string[];
  readonly redirect_uri: string;
  readonly made_at: string;
  readonly revision: number;
}

export interface NewProvider {
  readonly name: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly domains?: readonly string[];
  readonly brings?: "desk" | "outside" | null;
  readonly mfa_amr?: readonly string[];
  readonly mfa_acr?: readonly string[];
}

/** All but issuer and client, which make it the one it is. Without `client_secret` the secret stays. */
export interface EditProvider {
  readonly name: string;
  readonly domains: readonly string[];
  readonly brings: "desk" | "outside" | null;
  readonly mfa_amr: readonly string[];
  readonly mfa_acr: readonly string[];
  readonly client_secret?: string | null;
}

/** A button of the sign-in page. */
export interface WayIn {
  readonly id: string;
  readonly name: string;
}

export interface WaysIn {
  readonly items: readonly WayIn[];
}

/** Where the browser goes now; it comes back to `redirect_uri` of the provider. */
export interface Departure {
  readonly url: string;
}

/** What the provider gave the browser to take back, from the query of the address that it came to. */
export interface Return {
  readonly provider: string;
  readonly state: string;
  readonly code?: string;
  readonly iss?: string | null;
  readonly error?: string;
}

/** Who one is at a provider: `email` is what it said there, for reading alone. */
export interface Identity {
  readonly id: string;
  readonly provider: string;
  readonly issuer: string;
  readonly email: string;
  readonly made_at: string;
  readonly used_at: string | null;
}

export interface Identities {
  readonly items: readonly Identity[];
}

/** An identity that signs its person in from now on. */
export interface Linked {
  readonly linked: Identity;
}

export interface AskLink {
  readonly email: string;
}

export interface UseLink {
  readonly token: string;
}

/** Whom of an organisation's outside people its staff let come in by links. */
export interface LinkHolders {
  readonly people: readonly string[];
}

export interface Case {
  readonly id: string;
  readonly org: string;
  readonly type: string;
  readonly type_version: number;
  readonly number: string;
  readonly title: string;
  readonly status: string;
  readonly is_open: boolean;
  readonly intake: Readonly<Record<string, unknown>>;
  readonly zone: string;
  readonly opened_at: string;
  readonly opened_by: string;
  readonly closed_at: string | null;
  readonly revision: number;
}

/** A case in a list, with what concerns the reader: unread messages, the next open deadline, the last event. */
export interface CaseRow {
  readonly case: Case;
  readonly roles: readonly string[];
  readonly unread: number;
  readonly next_deadline: string | null;
  readonly last_at: string;
  readonly seq: number;
}

/** A case, and in which roles the reader acts on it. */
export interface CaseAnswer {
  readonly case: Case;
  readonly roles: readonly string[];
}

export interface OpenCase {
  readonly org: string;
  readonly type: string;
  readonly title: string;
  readonly intake?: Readonly<Record<string, unknown>>;
  readonly zone?: string | null;
}

export interface ChangeCase {
  readonly title?: string;
  readonly intake?: Readonly<Record<string, unknown>>;
  readonly zone?: string;
}

/** Take a named transition. */
export interface MoveCase {
  readonly name: string;
  readonly note?: string;
}

/** The fields of one group of roles. `audience` is that group, expanded: nobody else learns that they are there. */
export interface Detail {
  readonly id: string;
  readonly case: string;
  readonly audience: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly revision: number;
}

/** `fields` takes the place of all that stood there. */
export interface ChangeDetail {
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A person to reach for a party, such as an attorney. `text` is the address block as it was given. */
export interface Contact {
  readonly name: string;
  readonly roles?: readonly string[];
  readonly text?: string;
  readonly email?: string;
  readonly phone?: string;
}

export interface Party {
  readonly id: string;
  readonly case: string;
  readonly name: string;
  readonly kind: "organisation" | "person";
  readonly role: string;
  readonly contacts: readonly Contact[];
  readonly note: string;
  readonly audience: readonly string[];
  readonly added_at: string;
  readonly removed_at: string | null;
  readonly revision: number;
}

export interface AddParty {
  readonly name: string;
  readonly role: string;
  readonly kind?: "organisation" | "person";
  readonly contacts?: readonly Contact[];
  readonly note?: string;
  readonly audience?: string | null;
}

export interface ChangeParty {
  readonly name?: string;
  readonly role?: string;
  readonly kind?: "organisation" | "person";
  readonly contacts?: readonly Contact[];
  readonly note?: string;
}

/** One person in one role. `id` stays the same when a grant is revoked and given again. */
export interface Participant {
  readonly id: string;
  readonly case: string;
  readonly person: string;
  readonly role: string;
  readonly granted_at: string;
  readonly granted_by: string;
  readonly revoked_at: string | null;
  readonly revision: number;
}

/** Name a person by id, or by e-mail: an unknown address is invited by mail and joins when it accepts. */
export interface GrantParticipant {
  readonly role: string;
  readonly person?: string | null;
  readonly email?: string | null;
  readonly name?: string;
}

/** `members` are those who are in it now. A dissolved team has none, gives nothing, and stays as history. */
export interface Team {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly made_at: string;
  readonly dissolved_at: string | null;
  readonly revision: number;
}

export interface MakeTeam {
  readonly name: string;
}

export interface RenameTeam {
  readonly name: string;
}

/** Somebody who is staff of the organisation. */
export interface AddMember {
  readonly person: string;
}

/** A team that takes part in a case in one role. `id` stays the same when it is taken off and let in again. */
export interface TeamCase {
  readonly id: string;
  readonly case: string;
  readonly team: string;
  readonly role: string;
  readonly granted_at: string;
  readonly granted_by: string;
  readonly revoked_at: string | null;
  readonly revision: number;
}

/** A case that a team opens to its members, as far as the asker may see it. */
export interface OpenedCase {
  readonly id: string;
  readonly case: string;
  readonly number: string;
  readonly title: string;
  readonly role: string;
  readonly granted_at: string;
}

/** `role` is one of the case type's on the side of staff. */
export interface GrantTeam {
  readonly team: string;
  readonly role?: string;
}

/** It keeps `people`, and whoever is or was in one of `teams` while it stands, out of `cases` until it is lifted. Those whom it keeps out see nothing of it, administrators or not. */
export interface Wall {
  readonly id: string;
  readonly org: string;
  readonly title: string;
  readonly reason: string;
  readonly cases: readonly string[];
  readonly people: readonly string[];
  readonly teams: readonly string[];
  readonly raised_at: string;
  readonly raised_by: string;
  readonly lifted_at: string | null;
  readonly lifted_by: string | null;
  readonly lift_reason: string;
  readonly revision: number;
}

/** At least one person or team is needed. */
export interface RaiseWall {
  readonly title: string;
  readonly reason: string;
  readonly cases: readonly string[];
  readonly people?: readonly string[];
  readonly teams?: readonly string[];
}

export interface ChangeWall {
  readonly title?: string;
  readonly reason?: string;
  readonly cases?: readonly string[];
  readonly people?: readonly string[];
  readonly teams?: readonly string[];
}

export interface LiftWall {
  readonly reason: string;
}

/** While it stands, `thing` is not destroyed: a case with all that is in it, a document with its versions, a person with the cases of the organisation in which they took part. `case_id` is null for a person. */
export interface Hold {
  readonly id: string;
  readonly org: string;
  readonly kind: "case" | "document" | "person";
  readonly thing: string;
  readonly case_id: string | null;
  readonly reason: string;
  readonly raised_at: string;
  readonly raised_by: string;
  readonly released_at: string | null;
  readonly released_by: string | null;
  readonly release_reason: string;
  readonly revision: number;
}

export interface RaiseHold {
  readonly kind: "case" | "document" | "person";
  readonly thing: string;
  readonly reason: string;
}

export interface ReleaseHold {
  readonly reason: string;
}

/** How long an organisation keeps what is of a case type: the case itself where `kind` is "", else documents of that kind. `years` is null for what is never due. `declared` is what the case type says, `reason` why this differs. */
export interface Schedule {
  readonly org: string;
  readonly type: string;
  readonly kind: string;
  readonly years: number | null;
  readonly declared: number | null;
  readonly reason: string;
  readonly set_at: string | null;
  readonly set_by: string | null;
  readonly revision: number;
}

/** `kind` "" is the case itself. `years` null: for ever. */
export interface SetSchedule {
  readonly type: string;
  readonly years: number | null;
  readonly reason: string;
  readonly kind?: string;
}

/** What a schedule says is to go, and what was decided about it. `kept`: not before `keep_until`. `approved`: it is being destroyed, and nobody sees it any more. */
export interface Disposition {
  readonly id: string;
  readonly org: string;
  readonly case_id: string;
  readonly kind: "case" | "document";
  readonly thing: string;
  readonly schedule: string;
  readonly due_on: string;
  readonly state: "approved" | "destroyed" | "due" | "kept";
  readonly proposed_at: string;
  readonly decided_at: string | null;
  readonly decided_by: string | null;
  readonly reason: string;
  readonly keep_until: string | null;
  readonly revision: number;
}

/** A disposition for the administrator who reviews it. `number` and `title` are the case's, `name` the document's; "" once it is destroyed. `hold` is the hold that stands in the way. */
export interface Due {
  readonly disposition: Disposition;
  readonly number: string;
  readonly title: string;
  readonly name: string;
  readonly hold: string | null;
}

/** Destroy it. There is no way back. */
export interface Approve {
  readonly reason: string;
}

export interface KeepLonger {
  readonly until: string;
  readonly reason: string;
}

/** That something was destroyed: `body` is canonical JSON (RFC 8785) of ids, counts and hashes, `sha256` its hash, `note` a C2SP signed note over it with the record's key; null where it is from before these were signed. `scrubbed_at` says since when its bytes are gone from the disks too; null where that was not done yet. */
export interface Certificate {
  readonly id: string;
  readonly org: string;
  readonly kind: string;
  readonly thing: string | null;
  readonly at: string;
  readonly body: string;
  readonly sha256: string;
  readonly note: string | null;
  readonly scrubbed_at: string | null;
}

/** A certificate as its organisation's stream tells of it. */
export interface Issued {
  readonly id: string;
  readonly org: string;
  readonly kind: string;
  readonly thing: string | null;
  readonly at: string;
  readonly sha256: string;
}

/** `count` of `what` stays, and why. */
export interface Kept {
  readonly what: string;
  readonly count: number;
  readonly why: string;
}

/** What erasing a person would take away, place by place, and what stays. `account`: the account itself goes too, since no other organisation knows them. What is in cases that a wall closes to anybody is counted for nobody. `hold` is the hold that forbids it, `held_unseen` that one does which is not the asker's to see: of another organisation, or on a case that a wall closes to them. */
export interface Preview {
  readonly person: string;
  readonly account: boolean;
  readonly goes: Readonly<Record<string, number>>;
  readonly kept: readonly Kept[];
  readonly hold: string | null;
  readonly held_unseen: boolean;
}

/** There is no way back. In `cases` what they wrote goes too: the office says which, and answers for it. */
export interface Erase {
  readonly reason: string;
  readonly cases?: readonly string[];
}

/** That somebody asked to be erased from an organisation's records, or was; and what was said to it. */
export interface Erasure {
  readonly id: string;
  readonly org: string;
  readonly person: string;
  readonly state: "asked" | "done" | "refused";
  readonly asked_at: string;
  readonly asked_by: string;
  readonly decided_at: string | null;
  readonly decided_by: string | null;
  readonly reason: string;
  readonly certificate: string | null;
  readonly revision: number;
}

export interface Erased {
  readonly erasure: Erasure;
  readonly certificate: Certificate;
}

export interface AskErasure {
  readonly org: string;
  readonly reason?: string;
}

export interface RefuseErasure {
  readonly reason: string;
}

/** How a person is called and which time zone they live in. */
export interface Correction {
  readonly name: string;
  readonly zone: string;
}

export interface Corrected {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
}

/** What everybody may know of a case: `fields` are those that its type declares public. */
export interface PublicCase {
  readonly number: string;
  readonly type: string;
  readonly status: string;
  readonly is_open: boolean;
  readonly opened_on: string;
  readonly closed_on: string | null;
  readonly category: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How to read the public cases of a type. `fields` is JSON Schema by field, `category` the field to look by. */
export interface PublicType {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly statuses: Readonly<Record<string, Status>>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly category: string;
}

/** An organisation that shows cases to everybody, and of which types. */
export interface PublicOffice {
  readonly name: string;
  readonly types: readonly PublicType[];
}

/** Of which case types an organisation shows the public side (`types`), and of which it could. */
export interface Publication {
  readonly types: readonly string[];
  readonly possible: readonly string[];
}

/** These types and no others. */
export interface SetPublication {
  readonly types: readonly string[];
}

/** Whether a person sees a thing of a case, and why, in words. `thing` is the case itself where none was named. */
export interface Reason {
  readonly person: string;
  readonly name: string;
  readonly thing: string;
  readonly sees: boolean;
  readonly why: string;
  readonly roles: readonly string[];
}

/** `id` names it wherever a person's id does; `role` is its place in the organisation, "" when that was taken. A disabled one has no tokens. `used_at` is when one of them was last used, to some minutes; events do not carry it. */
export interface Service {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly role: string;
  readonly made_at: string;
  readonly made_by: string;
  readonly disabled_at: string | null;
  readonly revision: number;
  readonly used_at: string | null;
}

/** As `admin` it sees all that administrators see; to make it so needs a proof that it is you. */
export interface MakeService {
  readonly name: string;
  readonly role?: "admin" | "desk" | "outside";
}

/** What is left out stays. To disable it ends its tokens at once, sockets too. */
export interface ChangeService {
  readonly name?: string;
  readonly role?: "admin" | "desk" | "outside";
  readonly disabled?: boolean;
}

export interface MakeServiceToken {
  readonly label: string;
  readonly scopes: readonly ("admin" | "read" | "scim" | "write")[];
  readonly days?: number;
}

/** A registered app. `id` is its `client_id`; `scopes` is the most that it may ask for; `logout_uris` are where somebody may be sent after signing out. `service` is whom a service app acts as. */
export interface App {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly kind: "browser" | "native" | "service" | "web";
  readonly redirect_uris: readonly string[];
  readonly logout_uris: readonly string[];
  readonly scopes: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[];
  readonly id_token_alg: "ES256" | "RS256";
  readonly service: string | null;
  readonly secret_made_at: string | null;
  readonly added_at: string;
  readonly added_by: string;
  readonly ended_at: string | null;
  readonly revision: number;
}

export interface RegisterApp {
  readonly name: string;
  readonly kind: "browser" | "native" | "service" | "web";
  readonly scopes: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[];
  readonly redirect_uris?: readonly string[];
  readonly logout_uris?: readonly string[];
  readonly id_token_alg?: "ES256" | "RS256";
  readonly service?: string | null;
}

/** What is not given stays. Its kind is what the app is, and never changes. */
export interface ChangeApp {
  readonly name?: string | null;
  readonly scopes?: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[] | null;
  readonly redirect_uris?: readonly string[] | null;
  readonly logout_uris?: readonly string[] | null;
  readonly id_token_alg?: "ES256" | "RS256" | null;
}

/** `secret` is shown this once; null for an app that keeps none, and where a repeat was answered. */
export interface NewSecret {
  readonly app: App;
  readonly secret: string | null;
}

/** An app that the asker lets act for them. `sign_ins` counts the places where it does so now, at most 100. */
export interface Connection {
  readonly app: string;
  readonly name: string;
  readonly organisation: string;
  readonly kind: "browser" | "native" | "service" | "web";
  readonly scopes: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[];
  readonly since: string;
  readonly used_at: string | null;
  readonly address: string;
  readonly sign_ins: number;
}

/** What an app asks of the person who is signed in. `to` is the host or scheme that the answer goes to; `known` are the scopes that they gave it before. */
export interface Asking {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly kind: "browser" | "native" | "service" | "web";
  readonly organisation: string;
  readonly scopes: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[];
  readonly known: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[];
  readonly to: string;
  readonly person: string;
  readonly email: string;
}

export interface AnswerApp {
  readonly allow: boolean;
}

/** Where the browser goes next: an address of the app's, with the answer in it. */
export interface Onward {
  readonly to: string;
}

export interface TypeCode {
  readonly code: string;
}

/** What a device asks: `address` and `at` say where from and since when, to tell one's own from a stranger's. */
export interface AskingDevice {
  readonly name: string;
  readonly organisation: string;
  readonly scopes: readonly ("admin" | "email" | "offline_access" | "openid" | "profile" | "read" | "scim" | "write")[];
  readonly address: string;
  readonly at: string;
  readonly person: string;
  readonly email: string;
}

export interface AnswerDevice {
  readonly code: string;
  readonly allow: boolean;
}

/** The place of whom the directory sends without a role. */
export interface ScimRule {
  readonly role: "desk" | "outside";
}

/** What an organisation's directory is: the address that it is given, the place of whom it sends without a role, how many people and groups it has sent, and when it last changed anything. */
export interface ScimState {
  readonly address: string;
  readonly role: "desk" | "outside";
  readonly people: number;
  readonly groups: number;
  readonly changed_at: string | null;
}

/** `occurred_on` is when it happened in the world, `recorded_at` when Casewire learned of it. */
export interface Entry {
  readonly id: string;
  readonly case: string;
  readonly kind: string;
  readonly number: string;
  readonly text: string;
  readonly occurred_on: string;
  readonly entered_on: string | null;
  readonly recorded_at: string;
  readonly by: string;
  readonly audience: readonly string[];
  readonly seq: number;
}

export interface AddEntry {
  readonly text: string;
  readonly occurred_on: string;
  readonly kind?: string;
  readonly number?: string;
  readonly entered_on?: string | null;
  readonly audience?: string | null;
}

/** `audience` are roles as stored (expanded); empty when `people` names the participants. */
export interface Conversation {
  readonly id: string;
  readonly case: string;
  readonly title: string;
  readonly audience: readonly string[];
  readonly people: readonly string[];
  readonly opened_at: string;
  readonly opened_by: string;
  readonly revision: number;
}

/** Give either a declared `audience` or at least two `people` who take part in the case (you are added). */
export interface OpenConversation {
  readonly title: string;
  readonly audience?: string | null;
  readonly people?: readonly string[];
}

/** How far a person has read a conversation: every message with `seq <= upto` was seen. */
export interface Marker {
  readonly conversation: string;
  readonly case: string;
  readonly upto: number;
  readonly at: string;
}

export interface MoveMarker {
  readonly upto: number;
}

/** A document version, named by id and hash: what was sent stays what is read. */
export interface Attachment {
  readonly version: string;
  readonly document: string;
  readonly name: string;
  readonly media_type: string;
  readonly size: number;
  readonly sha256: string;
}

/** `seq` is the position of its posting in the case's stream. A retracted message has no body. */
export interface Message {
  readonly id: string;
  readonly case: string;
  readonly conversation: string;
  readonly author: string;
  readonly body: string | null;
  readonly attachments: readonly Attachment[];
  readonly posted_at: string;
  readonly edited_at: string | null;
  readonly retracted_at: string | null;
  readonly seq: number;
  readonly revision: number;
}

export interface PostMessage {
  readonly body: string;
  readonly attachments?: readonly string[];
}

export interface EditMessage {
  readonly body: string;
}

export interface Document {
  readonly id: string;
  readonly case: string;
  readonly name: string;
  readonly kind: string;
  readonly audience: readonly string[];
  readonly added_at: string;
  readonly added_by: string;
  readonly revision: number;
}

export interface AddDocument {
  readonly name: string;
  readonly kind?: string;
  readonly audience?: string | null;
}

export interface ChangeDocument {
  readonly name?: string;
  readonly kind?: string;
}

/** Immutable bytes. Only a `cleared` one can be read; before that its uploader and staff see where it stands. `media_type` is what the bytes are (found by examination), or what was declared until then. */
export interface Version {
  readonly id: string;
  readonly document: string;
  readonly case: string;
  readonly n: number;
  readonly status: "abandoned" | "awaiting" | "cleared" | "quarantined" | "received";
  readonly why: string;
  readonly file_name: string;
  readonly media_type: string;
  readonly size: number;
  readonly sha256: string;
  readonly text_status: "corrupt" | "encrypted" | "failed" | "no_text" | "none" | "ok" | "too_large" | "unsupported";
  readonly pages: number;
  readonly begun_at: string;
  readonly by: string;
  readonly cleared_at: string | null;
  readonly revision: number;
}

export interface BeginVersion {
  readonly file_name: string;
  readonly media_type: string;
  readonly size: number;
  readonly sha256: string;
}

/** PUT the bytes to `url` with exactly these headers before `expires_at`, then complete the version. */
export interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_at: string;
}

export interface BegunVersion {
  readonly version: Version;
  readonly upload: Upload | null;
}

/** The text of one page, counted from 1; a format without pages is cut into chunks. */
export interface PageText {
  readonly page: number;
  readonly text: string;
}

/** A short-lived, personal address on the files origin. */
export interface FileAddress {
  readonly url: string;
  readonly expires_at: string;
}

/** Either `due_on`, a date in `zone` that ends with its last second, or `due_at`, an instant. `plan`: notices counted in days go at 09:00 in `zone`; in hours only for `due_at`. When nobody acknowledges an `overdue` notice within `escalate_after_h` hours, `escalate_to` is told. */
export interface Deadline {
  readonly id: string;
  readonly case: string;
  readonly title: string;
  readonly note: string;
  readonly due_on: string | null;
  readonly due_at: string | null;
  readonly zone: string;
  readonly status: "cancelled" | "met" | "open";
  readonly plan: readonly string[];
  readonly assignee: string | null;
  readonly escalate_to: string | null;
  readonly escalate_after_h: number;
  readonly audience: readonly string[];
  readonly set_at: string;
  readonly set_by: string;
  readonly done_at: string | null;
  readonly revision: number;
}

export interface SetDeadline {
  readonly title: string;
  readonly due_on?: string | null;
  readonly due_at?: string | null;
  readonly zone?: string | null;
  readonly note?: string;
  readonly plan?: readonly string[] | null;
  readonly assignee?: string | null;
  readonly escalate_to?: string | null;
  readonly escalate_after_h?: number;
  readonly audience?: string | null;
}

export interface ChangeDeadline {
  readonly title?: string;
  readonly due_on?: string | null;
  readonly due_at?: string | null;
  readonly zone?: string;
  readonly note?: string;
  readonly plan?: readonly string[];
  readonly assignee?: string | null;
  readonly escalate_to?: string | null;
  readonly status?: "cancelled" | "met" | "open";
}

export interface Task {
  readonly id: string;
  readonly case: string;
  readonly title: string;
  readonly note: string;
  readonly assignee: string | null;
  readonly due_on: string | null;
  readonly audience: readonly string[];
  readonly added_at: string;
  readonly added_by: string;
  readonly done_at: string | null;
  readonly done_by: string | null;
  readonly revision: number;
}

export interface AddTask {
  readonly title: string;
  readonly note?: string;
  readonly assignee?: string | null;
  readonly due_on?: string | null;
  readonly audience?: string | null;
}

export interface ChangeTask {
  readonly title?: string;
  readonly note?: string;
  readonly assignee?: string | null;
  readonly due_on?: string | null;
  readonly done?: boolean;
}

/** `late` says that it should have gone earlier and could not. `thing` is the deadline, case, task or message. */
export interface Notice {
  readonly id: string;
  readonly person: string;
  readonly case: string | null;
  readonly kind: "case" | "deadline" | "escalation" | "message" | "task";
  readonly thing: string | null;
  readonly step: string;
  readonly title: string;
  readonly due: string | null;
  readonly late: boolean;
  readonly at: string;
  readonly acked_at: string | null;
  readonly revision: number;
}

/** `snippet` marks what matched with U+E000 and U+E001; show it as text, never as HTML. `page` counts from 1. A document that was found by its text names the `version` that says so. */
export interface Hit {
  readonly kind: "case" | "document" | "message";
  readonly id: string;
  readonly version: string | null;
  readonly case: string;
  readonly case_title: string;
  readonly title: string;
  readonly snippet: string;
  readonly page: number | null;
  readonly rank: number;
}

export interface Found {
  readonly items: readonly Hit[];
  readonly next: string | null;
}

/** What changed in a person's own access: `role` at `scope` (a case or an organisation), given or taken. A place in an organisation that is given once more says: what you may see there is not what it was, read it again. */
export interface Grant {
  readonly scope: string;
  readonly role: string;
  readonly given: boolean;
}

/** An event as clients read it: `GET /v1/cases/{case}/events`, and inside a socket's `event` frame. */
export interface EventView {
  readonly seq: number;
  readonly pos: string;
  readonly type: string;
  readonly case: string | null;
  readonly at: string;
  readonly actor: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What was asked for: a case as its exporter sees it. Counts and `bytes` are of `made_at`, to know how large the archive will be; it holds what they may see when it is downloaded, as `file_name`, until `expires_at`. */
export interface Export {
  readonly id: string;
  readonly case: string;
  readonly seq: number;
  readonly file_name: string;
  readonly made_at: string;
  readonly expires_at: string;
  readonly messages: number;
  readonly versions: number;
  readonly bytes: number;
}

/** A file of an archive, as its manifest names it. */
export interface Exported {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

/** A version whose bytes are not in the archive, and why. */
export interface LeftOut {
  readonly version: string;
  readonly why: string;
}

/** The last place the client holds: `seq` for `case:<id>` and `me`, `pos` for `mine`. */
export interface After {
  readonly epoch: string;
  readonly seq?: number | null;
  readonly pos?: string | null;
}

export interface Subscribe {
  readonly op: "subscribe";
  readonly ref: string;
  readonly topic: string;
  readonly after?: After | null;
}

export interface Unsubscribe {
  readonly op: "unsubscribe";
  readonly ref: string;
  readonly topic: string;
}

export interface Post {
  readonly op: "post";
  readonly ref: string;
  readonly key: string;
  readonly conversation: string;
  readonly body: string;
  readonly attachments?: readonly string[];
}

export interface Read {
  readonly op: "read";
  readonly conversation: string;
  readonly upto: number;
}

export interface Typing {
  readonly op: "typing";
  readonly conversation: string;
}

export interface Ping {
  readonly op: "ping";
  readonly ref: string;
}

export interface Welcome {
  readonly op: "welcome";
  readonly protocol: number;
  readonly session: string;
  readonly me: Me;
  readonly heartbeat_s: number;
  readonly time: string;
}

/** `replay` counts the events that follow and were written before this subscription. */
export interface Subscribed {
  readonly op: "subscribed";
  readonly ref: string;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly pos: string;
  readonly replay: number;
}

export interface Unsubscribed {
  readonly op: "unsubscribed";
  readonly ref: string;
  readonly topic: string;
}

/** Drop what you hold of this topic, read again, subscribe again. */
export interface Reset {
  readonly op: "reset";
  readonly topic: string;
  readonly why: "access" | "epoch" | "history";
}

export interface EventFrame {
  readonly op: "event";
  readonly topic: string;
  readonly case: string | null;
  readonly seq: number;
  readonly pos: string;
  readonly type: string;
  readonly at: string;
  readonly actor: string | null;
  readonly data: EventData;
}

/** Ephemeral: never stored, never replayed. */
export interface Signal {
  readonly op: "signal";
  readonly case: string;
  readonly conversation: string;
  readonly type: "typing";
  readonly actor: string;
}

/** Sent only after the commit. `id` is the message's. */
export interface Ack {
  readonly op: "ack";
  readonly ref: string;
  readonly seq: number;
  readonly id: string;
}

export interface Pong {
  readonly op: "pong";
  readonly ref: string;
}

export interface ErrorFrame {
  readonly op: "error";
  readonly ref: string | null;
  readonly code: string;
  readonly detail: string;
  readonly retry_after_ms: number | null;
}

export interface Ended {
  readonly op: "ended";
  readonly topic: string;
  readonly code: string;
}

/** Who acted: `kind` is that of the session, or `worker`, `nobody`, `operator`; `via` the app or service that acted for the person, `viewing` through whose eyes they looked. */
export interface By {
  readonly kind: string;
  readonly person: string | null;
  readonly session: string | null;
  readonly via: string | null;
  readonly viewing: string | null;
}

/** Exactly which bytes: a document's version, its number, and the SHA-256 of its content in hexadecimal. */
export interface Bytes {
  readonly document: string;
  readonly version: string;
  readonly n: number;
  readonly sha256: string;
}

/** The first signed checkpoint that holds the entry: the size of the log that was signed, and when. */
export interface Proof {
  readonly size: number;
  readonly at: string;
}

/** An entry of a log, at its leaf `n`. `entry` is its id, `hash` the leaf's (RFC 6962) in hexadecimal. `address` is where the client was: for administrators, and for whoever it was themselves; null also once it was destroyed. `proof` is null until a checkpoint was signed that holds it. */
export interface Recorded {
  readonly log: string;
  readonly n: number;
  readonly hash: string;
  readonly entry: string;
  readonly at: string;
  readonly act: string;
  readonly outcome: "done" | "refused";
  readonly rule: string;
  readonly by: By;
  readonly case: string | null;
  readonly thing: string | null;
  readonly of: Bytes | null;
  readonly address: string | null;
  readonly proof: Proof | null;
}

/** What a thing is called: its kind is its table's noun, `n` the number of a version. */
export interface NamedThing {
  readonly kind: string;
  readonly name: string;
  readonly case: string | null;
  readonly n: number | null;
}

/** What the asker may know now of the ids in an answer: people by name, cases and things by what they are called. */
export interface Names {
  readonly people: Readonly<Record<string, string>>;
  readonly things: Readonly<Record<string, NamedThing>>;
}

/** Newest first; `next` is the cursor for `?after=`. `head` is the last leaf of the answer, to ask on with `?since=`; `count` is how many there are in all, up to AUDIT_COUNT_MAX and one more, and null on later pages. */
export interface RecordPage {
  readonly items: readonly Recorded[];
  readonly next: string | null;
  readonly as_of: AsOf;
  readonly head: number;
  readonly count: number | null;
  readonly names: Names;
}

/** That a person read a version of a document: how often, the first time and the last. */
export interface Seen {
  readonly person: string;
  readonly version: string;
  readonly n: number;
  readonly first: string;
  readonly last: string;
  readonly times: number;
}

/** Who has seen a document, the last reader first, and all that was done with it. `whole` says whether all readings were counted, or the last AUDIT_SEEN_MAX. */
export interface DocumentRecord {
  readonly seen: readonly Seen[];
  readonly whole: boolean;
  readonly record: RecordPage;
}

/** The noun that an event's `data` holds, by the noun's name. */
export interface Nouns {
  readonly case: Case;
  readonly detail: Detail;
  readonly party: Party;
  readonly participant: Participant;
  readonly team_case: TeamCase;
  readonly entry: Entry;
  readonly conversation: Conversation;
  readonly message: Message;
  readonly document: Document;
  readonly version: Version;
  readonly deadline: Deadline;
  readonly task: Task;
  readonly hold: Hold;
  readonly disposition: Disposition;
  readonly notice: Notice;
  readonly marker: Marker;
  readonly grant: Grant;
  readonly session: Session;
  readonly member: Member;
  readonly service: Service;
  readonly token: Session;
  readonly invitation: Invitation;
  readonly team: Team;
  readonly wall: Wall;
  readonly schedule: Schedule;
  readonly certificate: Issued;
  readonly erasure: Erasure;
  readonly app: App;
}

export type EventData = { readonly [N in keyof Nouns]?: Nouns[N] };

/** Which noun each event carries. */
export const EVENTS = {
  "case.opened": "case",
  "case.updated": "case",
  "case.moved": "case",
  "detail.set": "detail",
  "detail.changed": "detail",
  "party.added": "party",
  "party.changed": "party",
  "party.removed": "party",
  "participant.granted": "participant",
  "participant.revoked": "participant",
  "team_case.granted": "team_case",
  "team_case.revoked": "team_case",
  "entry.added": "entry",
  "conversation.opened": "conversation",
  "message.posted": "message",
  "message.edited": "message",
  "message.retracted": "message",
  "document.added": "document",
  "document.renamed": "document",
  "version.received": "version",
  "version.cleared": "version",
  "version.quarantined": "version",
  "version.indexed": "version",
  "deadline.set": "deadline",
  "deadline.changed": "deadline",
  "deadline.met": "deadline",
  "deadline.cancelled": "deadline",
  "deadline.noticed": "deadline",
  "task.added": "task",
  "task.changed": "task",
  "task.done": "task",
  "hold.raised": "hold",
  "hold.released": "hold",
  "disposition.due": "disposition",
  "disposition.kept": "disposition",
  "disposition.approved": "disposition",
  "notice.added": "notice",
  "notice.acked": "notice",
  "marker.moved": "marker",
  "grant.changed": "grant",
  "session.ended": "session",
  "session.renewed": "session",
  "member.added": "member",
  "member.changed": "member",
  "member.removed": "member",
  "service.added": "service",
  "service.changed": "service",
  "token.made": "token",
  "token.ended": "token",
  "invitation.added": "invitation",
  "team.changed": "team",
  "wall.raised": "wall",
  "wall.changed": "wall",
  "wall.lifted": "wall",
  "person_hold.raised": "hold",
  "person_hold.released": "hold",
  "schedule.set": "schedule",
  "certificate.issued": "certificate",
  "erasure.asked": "erasure",
  "erasure.refused": "erasure",
  "app.added": "app",
  "app.changed": "app",
  "app.ended": "app",
} as const;

export type EventName = keyof typeof EVENTS;

/** What is read and recorded. */
export const READS = [
  "document.read",
  "document.found",
  "conversation.read",
  "conversation.heard",
  "conversation.found",
  "export.read",
  "audit.read",
  "audit.exported",
  "case.exported",
] as const;

export type ReadName = (typeof READS)[number];

/** Every error code, and what a client does next. */
export const ERRORS = {
  bad_input: "stop",
  key_missing: "stop",
  unauthenticated: "stop",
  bad_credentials: "stop",
  mfa_needed: "stop",
  step_up_needed: "stop",
  origin: "stop",
  scope: "stop",
  forbidden: "stop",
  not_found: "stop",
  method: "stop",
  key_reused: "stop",
  case_closed: "stop",
  held: "stop",
  conflict: "refresh",
  transition: "refresh",
  retracted: "stop",
  reset: "refresh",
  stale: "refresh",
  too_large: "stop",
  media_type: "stop",
  checksum: "stop",
  revision_missing: "stop",
  too_many: "later",
  internal: "later",
  unavailable: "later",
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** Close codes of the socket: from 4500 on a client stops. */
export const CLOSES = {
  going_away: 4000,
  too_slow: 4008,
  session_renewed: 4010,
  try_later: 4013,
  unauthenticated: 4501,
  session_ended: 4503,
  scope: 4504,
  protocol: 4508,
  frame_too_big: 4509,
} as const;

export type FromClient = Subscribe | Unsubscribe | Post | Read | Typing | Ping;
export type FromGateway = Welcome | Subscribed | Unsubscribed | Reset | EventFrame | Signal | Ack | Pong | ErrorFrame | Ended;
