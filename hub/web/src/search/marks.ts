// A snippet marks what matched with U+E000 and U+E001. It is shown as text, never as HTML.

export interface Piece {
  readonly text: string;
  readonly hit: boolean;
}

export function pieces(snippet: string): Piece[] {
  const found: Piece[] = [];
  let hit = false;
  for (const part of snippet.split(/([\uE000\uE001])/)) {
    if (part === "\uE000") hit = true;
    else if (part === "\uE001") hit = false;
    else if (part !== "") found.push({ text: part, hit });
  }
  return found;
}
