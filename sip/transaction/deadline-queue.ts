/**
 * A binary heap of things that have a deadline. Every member knows its place, so moving or removing one costs
 * O(log n) however many thousand transactions live.
 */

export type Scheduled = {
  /** Infinity: nothing is due. */
  readonly deadlineMs: number;
  /** Kept by the queue alone; -1 while outside. */
  queuePosition: number;
};

export class DeadlineQueue<Member extends Scheduled> {
  readonly #heap: Member[] = [];
  /** Deadlines as of the last `update`: a member may change its own before it tells us. */
  readonly #keysMs: number[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get deadlineMs(): number {
    return this.#keysMs.length === 0 ? Infinity : this.#keysMs[0];
  }

  /** Enters, moves or (deadline Infinity) removes a member. */
  update(member: Member): void {
    if (member.deadlineMs === Infinity) {
      this.remove(member);
    } else if (member.queuePosition < 0) {
      member.queuePosition = this.#heap.push(member) - 1;
      this.#keysMs.push(member.deadlineMs);
      this.#siftUp(member.queuePosition);
    } else {
      this.#keysMs[member.queuePosition] = member.deadlineMs;
      this.#siftUp(member.queuePosition);
      this.#siftDown(member.queuePosition);
    }
  }

  remove(member: Member): void {
    const position = member.queuePosition;
    if (position < 0) {
      return;
    }
    const last = this.#heap.length - 1;
    this.#swap(position, last);
    this.#heap.pop();
    this.#keysMs.pop();
    member.queuePosition = -1;
    if (position < last) {
      this.#siftUp(position);
      this.#siftDown(position);
    }
  }

  /** The member most overdue; it stays until it is updated or removed. */
  peekDue(nowMs: number): Member | undefined {
    return this.deadlineMs <= nowMs ? this.#heap[0] : undefined;
  }

  #siftUp(start: number): void {
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (this.#keysMs[parent] <= this.#keysMs[position]) {
        return;
      }
      this.#swap(parent, position);
      position = parent;
    }
  }

  #siftDown(start: number): void {
    let position = start;
    for (;;) {
      const left = 2 * position + 1;
      const right = left + 1;
      let least = position;
      if (left < this.#heap.length && this.#keysMs[left] < this.#keysMs[least]) {
        least = left;
      }
      if (right < this.#heap.length && this.#keysMs[right] < this.#keysMs[least]) {
        least = right;
      }
      if (least === position) {
        return;
      }
      this.#swap(position, least);
      position = least;
    }
  }

  #swap(one: number, other: number): void {
    const member = this.#heap[one];
    const keyMs = this.#keysMs[one];
    this.#heap[one] = this.#heap[other];
    this.#keysMs[one] = this.#keysMs[other];
    this.#heap[other] = member;
    this.#keysMs[other] = keyMs;
    this.#heap[one].queuePosition = one;
    this.#heap[other].queuePosition = other;
  }
}
