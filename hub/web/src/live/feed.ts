// The events of one case since this tab first read of it: what makes a late answer whole.
import type { AsOf, EventView } from "../wire";

export const FEED_EVENTS_MAX = 2000;

export type Judgement = "whole" | "again" | "reset";

/**
 * Lists of a case are read at different moments while events arrive. The feed keeps those events, so that a list
 * read at an earlier place catches up, and says when a list is too old to be mended and must be read again.
 */
export class Feed {
  epoch = "";
  /** Events after `floor` are all kept. */
  floor = -1;
  /** The last event applied. */
  seq = -1;
  private events: EventView[] = [];

  get started(): boolean {
    return this.floor >= 0;
  }

  /** Judge where something was read: `whole` after catching up, `again` when it is too old, `reset` for another epoch. */
  judge(asOf: AsOf): Judgement {
    const seq = asOf.seq ?? 0;
    if (!this.started) {
      this.epoch = asOf.epoch;
      this.floor = this.seq = seq;
      return "whole";
    }
    if (asOf.epoch !== this.epoch) return "reset";
    return seq >= this.floor ? "whole" : "again";
  }

  /** Keep an event; false when it was seen before. */
  take(event: EventView): boolean {
    if (!this.started || event.seq <= this.seq) return false;
    this.seq = event.seq;
    this.events.push(event);
    if (this.events.length > FEED_EVENTS_MAX) {
      const dropped = this.events.splice(0, FEED_EVENTS_MAX / 2);
      this.floor = dropped[dropped.length - 1]?.seq ?? this.floor;
    }
    return true;
  }

  after(seq: number): readonly EventView[] {
    return this.events.filter((event) => event.seq > seq);
  }

  /** What was held may be wrong: start again with the next answer. */
  reset(): void {
    this.epoch = "";
    this.floor = this.seq = -1;
    this.events = [];
  }
}
