// Lights a face with the screen: one colour after the other by the clock, with a
// few frames of each. The widget and the recorder of attacks both light by it.
import type { Colour } from './api';

// Three changes a second are the most that is safe for everybody (WCAG 2.3.1); these are 1.2 and fewer.
const COLOUR_MS = 850;
const CALM_COLOUR_MS = 1200; // for who asked for less motion
const SETTLE_MS = 380; // screens and cameras lag behind
const LIT_FRAMES = 2; // of each colour

export interface Lamp {
  /** Shows a colour everywhere; undefined when it is over. */
  show(colour: Colour | undefined, index: number): void | Promise<unknown>;
  /** Takes one frame under the colour of this number, counted from 1. */
  take(colour: number): Promise<void>;
  /** Whether somebody still sits before it. */
  on(): boolean;
}

/** Ends with the colours off. */
export async function shine(colours: Colour[], lamp: Lamp): Promise<void> {
  const lasts = matchMedia('(prefers-reduced-motion: reduce)').matches ? CALM_COLOUR_MS : COLOUR_MS;
  for (const [i, colour] of colours.entries()) {
    if (!lamp.on()) return;
    await lamp.show(colour, i);
    const since = performance.now();
    await pause(SETTLE_MS);
    for (let n = 0; n < LIT_FRAMES; n++) await lamp.take(i + 1);
    await pause(lasts - (performance.now() - since));
  }
  await lamp.show(undefined, colours.length);
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, Math.max(0, ms)));
