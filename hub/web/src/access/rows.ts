// The rows of the tables of roles. Pure; what a case type declares is read from the hub, what a place opens is the
// same for all organisations and says what `schemas/access.py` and the rules of people, teams and walls decide.
import type { TypeView } from "../wire";

export const STAFF = "staff";

export type Answer = "yes" | "no" | "some";

/** The kinds of case that the organisation works on; all where it names none. */
export function typesOf(all: readonly TypeView[], names: readonly string[]): readonly TypeView[] {
  return all.filter((type) => names.length === 0 || names.includes(type.name)).sort((a, b) => a.title.localeCompare(b.title));
}

const ACTIONS = [
  "case_read", "case_update", "party_add", "participant_grant", "entry_add", "conversation_open", "message_post", "document_add", "deadline_set", "task_add",
] as const;

/** The word of an action such as `case.read`, as far as this client knows it. */
export function actionKey(action: string): (typeof ACTIONS)[number] | undefined {
  return ACTIONS.find((each) => each === action.replace(".", "_"));
}

/** What an intake field is called by the form that asks for it. */
export function fieldTitle(type: TypeView, field: string): string {
  const properties = type.intake_schema.properties as Readonly<Record<string, { readonly title?: string }>> | undefined;
  return properties?.[field]?.title ?? field.replaceAll("_", " ");
}

/** How many of the kinds of case it holds for: all, none or some. */
function among(types: readonly TypeView[], holds: (type: TypeView) => boolean): Answer {
  const count = types.filter(holds).length;
  return count === 0 ? "no" : count === types.length ? "yes" : "some";
}

/** Administrators, staff, outside. */
export function placeRows(types: readonly TypeView[]) {
  const byStaff = among(types, (type) => type.opened_by.includes("staff"));
  const byOutside = among(types, (type) => type.opened_by.includes("outside"));
  return [
    { name: "everyCase", answers: ["yes", "no", "no"] },
    { name: "openCases", answers: ["yes", "yes", "no"] },
    { name: "ownCases", answers: ["yes", "yes", "yes"] },
    { name: "walled", answers: ["no", "no", "no"] },
    { name: "open", answers: [byStaff, byStaff, byOutside] },
    { name: "directory", answers: ["yes", "yes", "no"] },
    { name: "inviteOutside", answers: ["yes", "yes", "no"] },
    { name: "inviteStaff", answers: ["yes", "no", "no"] },
    { name: "govern", answers: ["yes", "no", "no"] },
  ] as const satisfies readonly { readonly name: string; readonly answers: readonly Answer[] }[];
}
