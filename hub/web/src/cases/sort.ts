import type { CaseRow } from "../wire";

export const SORTS = ["activity", "number", "title", "status", "due"] as const;
export type Sort = (typeof SORTS)[number];

const byWords = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Rows in the wanted order. The newest activity comes first unless turned; what has no deadline comes last always. */
export function sortRows(rows: readonly CaseRow[], sort: Sort, turned: boolean): CaseRow[] {
  const sign = turned ? -1 : 1;
  const compare = (a: CaseRow, b: CaseRow): number => {
    switch (sort) {
      case "activity":
        return sign * b.last_at.localeCompare(a.last_at);
      case "number":
        return sign * byWords.compare(a.case.number, b.case.number);
      case "title":
        return sign * byWords.compare(a.case.title, b.case.title);
      case "status":
        return sign * byWords.compare(a.case.status, b.case.status);
      case "due":
        if (!a.next_deadline || !b.next_deadline) return a.next_deadline ? -1 : b.next_deadline ? 1 : 0;
        return sign * a.next_deadline.localeCompare(b.next_deadline);
    }
  };
  return [...rows].sort((a, b) => compare(a, b) || a.case.id.localeCompare(b.case.id));
}
