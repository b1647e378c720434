// Turns quick looks into one hint at a time, and says when a picture is good
// enough to be taken by itself. Hints only: the verdict is the server's.
import type { DocumentLook, FaceLook, Move } from './api';
import type { Key } from './i18n';

const DARK = 55; // mean brightness, 0 to 255
const GLARE = 0.06; // share of burnt-out pixels on the document
const BLURRED = 0.55; // of the sharpest look of late
const REMEMBERED = 12; // looks, about four seconds
const STEADY = 3; // good looks in a row
const STILL = 0.03; // how far a corner may move between two of them
const SMALL_DOCUMENT = 0.15; // of the frame's area, without its margins
const EDGE = 0.004;
const SMALL_FACE = 0.26; // of the frame's height
const LARGE_FACE = 0.85;
const ROOMY_FACE = 0.45; // at most, where the person is asked to come closer later
const ROOMY_WIDTH = 0.55; // of the frame's width
const OFF_CENTRE = 0.16;
const STRAIGHT = 14; // degrees
const PATIENT = 25; // looks that showed something but were not good, about eight seconds
const REMIND = 16; // then every so many looks
const REMINDER = 7; // for so many

export interface Judgement {
  hint: Key;
  good: boolean; // this look
  take: boolean; // several good ones in a row: take the picture
  share: number; // of the good ones needed, 0 to 1
}

/** Sharpness has no fixed scale across cameras, so it is held against its own recent best. */
class Sharpness {
  private seen: number[] = [];

  blurred(now: number): boolean {
    this.seen = [...this.seen, now].slice(-REMEMBERED);
    return now < BLURRED * Math.max(...this.seen);
  }
}

abstract class Judge<Look> {
  private row = 0;
  private shown = 0;

  judge(look: Look): Judgement {
    let hint = this.fault(look);
    if (this.usable(look)) this.shown++;
    // Whoever gets nowhere is reminded, every now and then, that there is a button.
    if (hint !== undefined && this.shown > PATIENT && this.shown % REMIND < REMINDER) hint = 'hintManual';
    this.row = hint === undefined && this.still(look) ? this.row + 1 : hint === undefined ? 1 : 0;
    return { hint: hint ?? this.goodHint, good: hint === undefined, take: this.row >= STEADY, share: Math.min(1, this.row / STEADY) };
  }

  protected abstract readonly goodHint: Key;
  protected abstract fault(look: Look): Key | undefined;
  protected abstract still(look: Look): boolean;
  protected abstract usable(look: Look): boolean;
}

export class DocumentJudge extends Judge<DocumentLook> {
  protected readonly goodHint = 'hintHold';
  private readonly sharpness = new Sharpness();
  private last: [number, number][] = [];

  protected fault(look: DocumentLook): Key | undefined {
    const blurred = this.sharpness.blurred(look.sharpness);
    if (look.luma < DARK) return 'hintTooDark';
    if (!look.found) return 'hintSearching';
    if (look.quad.some(([x, y]) => x < EDGE || y < EDGE || x > 1 - EDGE || y > 1 - EDGE)) return 'hintDocumentEdge';
    if (area(look.quad) < SMALL_DOCUMENT) return 'hintDocumentCloser';
    if (look.glare > GLARE) return 'hintGlare';
    return blurred ? 'hintBlurred' : undefined;
  }

  protected usable(look: DocumentLook): boolean {
    return look.found;
  }

  protected still(look: DocumentLook): boolean {
    const before = this.last;
    this.last = look.quad;
    return look.quad.every(([x, y], i) => {
      const corner = before[i];
      return corner !== undefined && Math.hypot(x - corner[0], y - corner[1]) < STILL;
    });
  }
}

export class FaceJudge extends Judge<FaceLook> {
  protected readonly goodHint = 'hintReady';
  private readonly sharpness = new Sharpness();

  protected fault(look: FaceLook): Key | undefined {
    const placed = placement(look);
    const blurred = this.sharpness.blurred(look.sharpness);
    if (placed !== undefined) return placed;
    if (Math.abs(look.yaw) > STRAIGHT) return 'hintStraight';
    return blurred ? 'hintBlurred' : undefined;
  }

  protected usable(look: FaceLook): boolean {
    return look.faces === 1;
  }

  protected still(): boolean {
    return true;
  }
}

/** What keeps a face from being usable at all, whatever it does; roomy leaves room to come closer. */
export function placement(look: FaceLook, roomy = false): Key | undefined {
  if (look.luma < DARK) return 'hintTooDark';
  if (look.faces === 0) return 'hintNoFace';
  if (look.faces > 1) return 'hintManyFaces';
  const [x, y, w, h] = look.box;
  if (h < SMALL_FACE) return 'hintCloser';
  if (h > LARGE_FACE || (roomy && (h > ROOMY_FACE || w > ROOMY_WIDTH))) return 'hintFarther';
  return Math.abs(x + w / 2 - 0.5) > OFF_CENTRE || Math.abs(y + h / 2 - 0.5) > OFF_CENTRE + 0.06 ? 'hintCentre' : undefined;
}

const TURNED = 21; // degrees; the server asks for less, and depth shows better in a clear turn
const CENTRED = 8;
const BEGUN = 7;

export interface Turn {
  done: boolean;
  share: number; // of the way, 0 to 1
  hint: Key | undefined;
}

const NODDED = -15; // degrees from rest; the server asks for 10
const SHUT = 0.45; // of the eyes' own contrast
const NEARER = 1.5; // times as large as at rest; the server asks for 1.35
const BACK = 1.2; // times as large at most, to count as back where it was

/** What the other moves are held against: how the person looked when they looked straight ahead. */
export class Rest {
  private pitches: number[] = [];
  private eyes: number[] = [];
  private heights: number[] = [];

  learn(look: FaceLook): void {
    if (look.faces !== 1 || Math.abs(look.yaw) > STRAIGHT || this.growth(look) > BACK) return;
    this.heights.push(look.box[3]);
    this.pitches.push(look.pitch);
    this.eyes.push(Math.min(...look.eyes));
  }

  get pitch(): number {
    return middle(this.pitches, 0);
  }

  /** How many times as large the face is; 1 while nothing is known. */
  growth(look: FaceLook): number {
    return look.box[3] / middle(this.heights, look.box[3]);
  }

  get contrast(): number {
    return middle(this.eyes, 0.2);
  }
}

function middle(values: number[], otherwise: number): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? otherwise;
}

/** How far a head has gone towards what a move asks; yaw is positive to the person's own left. */
export function follow(move: Move, look: FaceLook, rest: Rest): Turn {
  if (look.faces !== 1) return { done: false, share: 0, hint: look.faces === 0 ? 'hintNoFace' : 'hintManyFaces' };
  switch (move) {
    case 'closer':
      return towards((rest.growth(look) - 1) / (NEARER - 1), 'hintCloser');
    case 'centre':
    case 'light':
      return rest.growth(look) > BACK ? { done: false, share: 0, hint: 'hintFarther' }
        : { done: Math.abs(look.yaw) <= CENTRED, share: Math.max(0, 1 - Math.abs(look.yaw) / 30), hint: undefined };
    case 'left':
    case 'right':
      return turned(move === 'left' ? look.yaw : -look.yaw);
    case 'nod':
      return towards((look.pitch - rest.pitch) / NODDED);
    case 'blink':
      return towards((1 - Math.max(...look.eyes) / rest.contrast) / (1 - SHUT), 'moveCloseEyes');
  }
}

function turned(way: number): Turn {
  const turn = towards(way / TURNED);
  if (!turn.done && way < -BEGUN) turn.hint = 'moveWrongWay';
  return turn;
}

/** Somebody who has begun is told to go on. */
function towards(way: number, hint: Key = 'moveFarther'): Turn {
  const share = Math.min(1, Math.max(0, way));
  return { done: share === 1, share, hint: share > 0.3 && share < 1 ? hint : undefined };
}

/** Area of a quadrilateral by the shoelace formula. */
function area(quad: [number, number][]): number {
  let sum = 0;
  quad.forEach(([x, y], i) => {
    const next = quad[(i + 1) % quad.length];
    if (next) sum += x * next[1] - next[0] * y;
  });
  return Math.abs(sum) / 2;
}
