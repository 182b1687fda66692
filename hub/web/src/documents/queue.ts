// Who is next: dropping a hundred files must not begin a hundred uploads, of which the hub allows 50 to a person.

export const AT_ONCE = 3;

/** Does one thing. It answers null when it is over, or for how many milliseconds nothing more should begin. */
type Run = (id: string) => Promise<number | null>;

/** Runs at most `AT_ONCE` things at a time, in the order they came. One that has to wait is the first to go on. */
export class Queue {
  private readonly waiting: string[] = [];
  private running = 0;
  private resting = false;

  constructor(private readonly run: Run) {}

  add(id: string): void {
    this.waiting.push(id);
    this.begin();
  }

  private begin(): void {
    while (!this.resting && this.running < AT_ONCE) {
      const id = this.waiting.shift();
      if (id === undefined) return;
      this.running += 1;
      void this.run(id).then((restMs) => {
        this.running -= 1;
        if (restMs !== null) this.rest(id, restMs);
        this.begin();
      });
    }
  }

  private rest(id: string, ms: number): void {
    this.waiting.unshift(id);
    if (this.resting) return;
    this.resting = true;
    setTimeout(() => {
      this.resting = false;
      this.begin();
    }, ms);
  }
}
