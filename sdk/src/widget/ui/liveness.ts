// The liveness challenge: asks for each move in words and by an arrow, follows
// the head by quick looks, and collects the frames that are sent as evidence.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Colour, FaceLook, Move } from '../api';
import type { Key } from '../i18n';
import { notice } from '../device';
import { follow, placement, Rest } from '../judge';
import { pause, shine } from '../light';
import { pick, type Frame } from '../recorder';
import { CaptureElement } from './capture';
import { base, stage } from './design';
import { draw, type Icon } from './icons';
import { cannot } from './cannot';
import { oval } from './oval';

const MOVE_MS = 9000; // then the next one is asked for, and the server decides
const BLIND_MOVE_MS = 3000; // without looks nobody can tell; give the person time
const FRAMES_PER_MOVE = 3; // at least, so that the server sees the way there
const LEAST_FRAMES = 10;
const END_MS = 4000;
const FARTHER = 0.72; // of the oval, while there is room to come closer
const READ_MS = 3000; // for the sentence before the light

const asks: Record<Move, Key> = {
  centre: 'moveCentre', left: 'moveLeft', right: 'moveRight', nod: 'moveNod', blink: 'moveBlink', closer: 'moveCloser', light: 'moveLight',
};
const signs: Partial<Record<Move, Icon>> = { nod: 'arrow', blink: 'lids', closer: 'grow' };

@customElement('okyc-liveness')
export class LivenessElement extends CaptureElement<FaceLook> {
  static override styles = [base, stage, css`
    .screen { gap: 12px; }
    .warning { display: flex; gap: 10px; align-items: flex-start; padding: 10px 12px; border-radius: 12px; background: var(--warn-soft); color: var(--text); }
    .warning svg { color: var(--warn); margin-top: 1px; }
    .ask { font-size: 1.25rem; font-weight: 650; line-height: 1.25; min-height: 2.5em; display: flex; align-items: center; }
    .arrow {
      position: absolute; top: calc(50% - 22px); translate: 0 -50%; width: 64px; height: 64px; display: grid; place-items: center;
      border-radius: 50%; background: rgb(8 11 16 / 0.72); color: #ffffff;
    }
    .arrow.left { left: 12px; animation: nudge-left 1.1s ease-in-out infinite; }
    .arrow.right { right: 12px; animation: nudge-right 1.1s ease-in-out infinite; }
    .arrow.right svg { transform: rotate(180deg); }
    @keyframes nudge-left { 50% { transform: translateX(-7px); } }
    @keyframes nudge-right { 50% { transform: translateX(7px); } }
    .sign {
      position: absolute; bottom: 58px; left: calc(50% - 32px); width: 64px; height: 64px; display: grid; place-items: center;
      border-radius: 50%; background: rgb(8 11 16 / 0.72); color: #ffffff;
    }
    .sign.nod svg { transform: rotate(-90deg); animation: bow 1.4s ease-in-out infinite; }
    .sign.blink svg { animation: shut 2.4s ease-in-out infinite; }
    @keyframes bow { 50% { translate: 0 8px; } }
    .sign.closer svg { animation: grow 1.6s ease-in-out infinite; }
    @keyframes grow { 50% { transform: scale(1.3); } }
    @keyframes shut { 40%, 70% { transform: scaleY(0.15); } }
    .screen[data-colour='red'] { --glow: #ff0000; }
    .screen[data-colour='green'] { --glow: #00ff00; }
    .screen[data-colour='blue'] { --glow: #0000ff; }
    .screen[data-colour='cyan'] { --glow: #00ffff; }
    .screen[data-colour='magenta'] { --glow: #ff00ff; }
    .screen[data-colour='yellow'] { --glow: #ffff00; }
    .screen[data-colour]::before { content: ''; position: fixed; inset: 0; z-index: 1; background: var(--glow); }
    .screen[data-colour] > * { position: relative; z-index: 2; }
    .screen[data-colour] .actions { background: transparent; }
    .screen[data-colour] .intro { opacity: 0; } /* it was read; the less is dark, the better */
    .screen[data-colour] .actions p { padding: 8px 14px; border-radius: 12px; background: #080b10; color: #ffffff; }
    .screen[data-colour] .stage { background: var(--glow); }
    .screen[data-colour] .veil { fill: var(--glow); }
    .screen[data-colour] .edge { stroke: #080b10; }
    .actions { flex: none; min-height: 70px; justify-content: center; align-items: center; }
    @media (max-height: 760px) { /* the warning and the buttons come first */
      .lit .intro > .muted { display: none; }
      .lit .stage { min-height: 120px; }
      .lit .actions { gap: 6px; padding-top: 0; }
    }
  `];

  protected readonly facing = 'user';
  @state() private moves: Move[] = [];
  @state() private move = -1; // before the challenge was drawn
  @state() private share = 0;
  @state() private colour: Colour | undefined;
  @state() private ending = false;
  @state() private starting = false;
  private light: Colour[] = [];
  private began = 0;
  private moveBegan = 0;
  private reached = false;
  private frames: Frame[] = [];
  private rest = new Rest();

  protected look(frame: Blob): Promise<FaceLook> {
    return this.api.lookFace(frame);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.frames = [];
  }

  protected seen(look: FaceLook | undefined, frame: Blob): void | Promise<void> {
    if (this.move < 0) {
      const placed = look ? placement(look, this.roomy) : undefined;
      if (look) this.say(placed ?? 'hintReady', placed === undefined);
      return;
    }
    const asked: Move = this.moves[this.move] ?? 'centre';
    if (asked === 'light' && !this.ending) return this.shine();
    const turn = look ? follow(this.ending ? 'centre' : asked, look, this.rest) : { done: false, share: 0, hint: undefined };
    this.record(frame, look ? follow(asked, look, this.rest).share : -1);
    if (look && asked === 'centre') this.rest.learn(look);
    this.share = this.ending ? 1 : turn.share;
    if (turn.hint) this.say(turn.hint);
    else if (turn.done) this.say('moveGood', true);
    else this.hint = undefined;
    this.reached ||= turn.done;
    this.advance();
  }

  /** Lights the face with one colour after the other, by the clock: nobody needs to do anything. */
  private async shine(): Promise<void> {
    this.hint = undefined;
    this.share = 0;
    await pause(READ_MS);
    await shine(this.light, {
      on: () => this.isConnected,
      show: (colour, lit) => {
        this.colour = colour;
        if (colour) this.say('hintStill');
        this.share = lit / this.light.length;
        return this.updateComplete;
      },
      take: async (colour) => {
        const picture = await this.grab();
        if (picture) this.record(picture, -1, colour);
      },
    });
    this.hint = undefined;
    this.reached = true;
    if (this.isConnected) this.advance();
  }

  /** Somebody who comes closer later must begin with room for it. */
  private get roomy(): boolean {
    return this.move < 0 ? this.flow.step?.closer === true : this.moves.includes('closer');
  }

  private record(picture: Blob, score: number, colour = 0): void {
    const atMs = Math.round(performance.now() - this.began);
    this.frames.push({ picture, score, mark: colour > 0 ? { atMs, move: this.move, colour } : { atMs, move: this.move } });
  }

  private advance(): void {
    const spent = performance.now() - this.moveBegan;
    const taken = this.frames.filter((f) => f.mark.move === this.move).length;
    const over = spent > (this.ending ? END_MS : this.blind ? BLIND_MOVE_MS : MOVE_MS);
    if (!over && (!this.reached || taken < FRAMES_PER_MOVE)) return;
    if (this.ending) {
      if (this.frames.length >= LEAST_FRAMES || over) this.finish();
      return;
    }
    this.reached = false;
    this.moveBegan = performance.now();
    // Whoever has their eyes closed sees no next instruction; phones can be felt.
    if (this.moves[this.move] === 'blink' && 'vibrate' in navigator) navigator.vibrate(80);
    // Frames of the way back to the middle still count for the last move.
    if (this.move === this.moves.length - 1) this.ending = true;
    else this.move++;
  }

  private finish(): void {
    const chosen = pick(this.frames);
    const first = chosen[0];
    if (first) first.mark.device = notice(this.camera.label);
    this.camera.stop();
    void this.flow.send(chosen.map((f) => f.picture), chosen.map((f) => f.mark));
  }

  private readonly begin = (): Promise<void> => this.open(false);
  private readonly beginUnlit = (): Promise<void> => this.open(true);

  private async open(unlit: boolean): Promise<void> {
    this.starting = true;
    const opened = await this.flow.openTry(unlit);
    if (!opened?.challenge || !this.isConnected) return;
    this.moves = opened.challenge.moves;
    this.light = opened.challenge.light ?? [];
    this.hint = undefined;
    this.rest = new Rest();
    this.began = this.moveBegan = performance.now();
    this.move = 0;
  }

  protected override render(): TemplateResult {
    const { words, move } = this;
    const box = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    const asked = this.ending ? 'centre' : this.moves[move];
    return html`<div class="screen ${move < 0 && this.flow.step?.light ? 'lit' : ''}" data-colour=${this.colour ?? nothing}>
      ${move < 0 ? html`<div class="intro"><h1 tabindex="-1">${words('livenessTitle')}</h1><p class="muted small">${words('livenessText')}</p>${this.warning()}</div>`
        : html`<div class="intro"><h1 class="unseen">${words('livenessTitle')}</h1><p class="ask" aria-live="assertive" data-testid="ask">${asked ? words(asks[asked]) : nothing}</p></div>`}
      <div class="stage ${this.camera.mirrored ? 'mirrored' : ''}" data-testid="stage" data-move=${move < 0 ? 'none' : this.ending ? 'end' : asked ?? 'none'} data-move-index=${move}>
        ${this.video('selfieVideo')}${oval(box?.width ?? 320, box?.height ?? 380, move < 0 ? 0 : this.share, this.share >= 1, this.roomy && asked !== 'closer' ? FARTHER : 1)}
        ${asked === 'left' || asked === 'right' ? this.arrow(asked) : asked ? this.sign(asked) : nothing}${this.hintPill()}
      </div>
      <div class="actions">
        ${move < 0 ? html`<button class="primary" data-testid="ready" ?disabled=${!this.ready || this.starting} @click=${this.begin}>${words('livenessStart')}</button>
            ${this.flow.step?.light === 'try' ? html`<button data-testid="unlit" ?disabled=${!this.ready || this.starting} @click=${this.beginUnlit}>${words('livenessUnlit')}</button>` : nothing}
            ${cannot(this.flow, words)}`
          : html`<p class="muted small">${words('moveProgress', { move: Math.min(move + 1, this.moves.length), total: this.moves.length })}</p>`}
      </div>
    </div>`;
  }

  /** Changing light can bring on seizures and migraine: it is told of before anything lights up, with the way around it. */
  private warning(): TemplateResult | typeof nothing {
    const light = this.flow.step?.light;
    if (light === undefined) return nothing;
    return html`<p class="warning small" data-testid="light-warning">${draw('warning', 20)}<span>${this.words('livenessLight')} ${this.words(light === 'try' ? 'livenessLightTry' : 'livenessLightInsist')}</span></p>`;
  }

  private sign(move: Move): TemplateResult | typeof nothing {
    const shape = signs[move];
    return shape ? html`<div class="sign ${move}" aria-hidden="true">${draw(shape, 34)}</div>` : nothing;
  }

  /** In a mirror the person's own left is on the left. */
  private arrow(move: 'left' | 'right'): TemplateResult {
    const side = (move === 'left') === this.camera.mirrored ? 'left' : 'right';
    return html`<div class="arrow ${side}" aria-hidden="true">${draw('arrow', 34)}</div>`;
  }
}
