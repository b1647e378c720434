// Collects the frames of a liveness challenge and picks those that are sent.
import type { Mark } from './api';

export interface Frame {
  picture: Blob;
  mark: Mark;
  score: number; // how well it shows its move, -1 when nobody looked
}

const MOST = 24;
const OF_A_MOVE = 3; // on average at least, where a challenge has many

/**
 * Picks at most 24 frames, or three a move, in order of time: of each move the one that shows it
 * best, and the rest evenly spread, so that no gap grows large. Frames under a
 * colour of the screen are few, and all of them are sent.
 */
export function pick(frames: Frame[], most = MOST): Frame[] {
  const lit = frames.filter((frame) => frame.mark.colour);
  if (lit.length > 0) return [...pick(frames.filter((frame) => !frame.mark.colour), most), ...lit].sort((a, b) => a.mark.atMs - b.mark.atMs);
  const chosen = new Set<number>([0, frames.length - 1]);
  const best = new Map<number, number>();
  frames.forEach((frame, i) => {
    const holder = best.get(frame.mark.move);
    if (holder === undefined || frame.score > (frames[holder]?.score ?? -1)) best.set(frame.mark.move, i);
  });
  best.forEach((i) => chosen.add(i));
  most = Math.max(most, OF_A_MOVE * best.size);
  if (frames.length <= most) return frames;
  // Always the middle of the widest gap in time: what is left stays even.
  while (chosen.size < most) {
    const kept = [...chosen].sort((a, b) => a - b);
    let widest = -1;
    let from = 0;
    for (let k = 1; k < kept.length; k++) {
      const left = kept[k - 1] ?? 0;
      const right = kept[k] ?? 0;
      const gap = (frames[right]?.mark.atMs ?? 0) - (frames[left]?.mark.atMs ?? 0);
      if (right - left > 1 && gap > widest) {
        widest = gap;
        from = left;
      }
    }
    const to = kept[kept.indexOf(from) + 1];
    if (widest < 0 || to === undefined) break;
    chosen.add(Math.floor((from + to) / 2));
  }
  return [...chosen].sort((a, b) => a - b).flatMap((i) => frames[i] ?? []);
}
