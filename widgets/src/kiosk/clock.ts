/**
 * The time of a choice on a device whose clock nobody may believe.
 *
 * From the last time the server told, moments are counted twice: steadily, by `performance.now()`
 * within a run of the page, and by the device's clock. Between runs there is only the clock. The
 * server compares both, and both with what it can prove.
 */
import type { Contact, Stamp } from "./types";

/** A contact as this device saw it: its clock, its run and its steady counter at that moment. */
export interface Anchor extends Contact {
  wall: number;
  run: string;
  steady: number;
}

/** How the device's clock was seen to go since the last contact: what it showed last, and by how much
 * it went back in all. Forward and back again offline leaves no other trace. */
export interface Seen {
  last: number;
  back: number;
}

/** What the clock would show by now had nobody ever set it back. */
export function peak(seen: Seen | null, wall: number): number {
  return Math.round(seen ? wall + seen.back + Math.max(0, seen.last - wall) : wall);
}

export interface Source {
  wall: () => number;
  steady: () => number;
}

const DEVICE: Source = { wall: () => Date.now(), steady: () => performance.now() };

export class Watch {
  readonly #source: Source;
  readonly #run: string;
  readonly #wall: number;
  readonly #steady: number;
  #seen: { wall: number; steady: number } | null = null;

  constructor(run: string, source: Source = DEVICE) {
    this.#source = source;
    this.#run = run;
    this.#wall = source.wall();
    this.#steady = source.steady();
  }

  /** The server has just told its time. */
  anchor({ now, time }: Contact): Anchor {
    return { now, time, wall: this.#source.wall(), run: this.#run, steady: this.#source.steady() };
  }

  /** This moment, on the server's clock. */
  stamp(anchor: Anchor): Stamp {
    const steady = this.#source.steady();
    const passed = anchor.run === this.#run
      ? steady - anchor.steady
      : this.#wall - anchor.wall + (steady - this.#steady);
    return {
      t: Math.round(anchor.now + passed),
      w: Math.round(anchor.now + this.#source.wall() - anchor.wall),
    };
  }

  /** Looks at the clock once more. Within a run the steady counter tells how far it went back; between
   * runs it must at least not show less than it did. */
  look(before: Seen | null): Seen {
    const [last, steady] = [this.#source.wall(), this.#source.steady()];
    const due = this.#seen ? this.#seen.wall + (steady - this.#seen.steady) : before?.last ?? last;
    this.#seen = { wall: last, steady };
    return { last, back: (before?.back ?? 0) + Math.max(0, due - last) };
  }

  /** By how much the device's clock was ahead of the server's at that contact. */
  static offset(anchor: Anchor): number {
    return Math.round(anchor.wall - anchor.now);
  }
}
