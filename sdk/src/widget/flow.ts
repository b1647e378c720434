// The way through the widget: which screen is shown, what is sent, and what
// happens when the network or the server says no. It knows no DOM.
import type { Host } from './host';
import { NetworkLost, Refusal, type Api, type Mark, type State, type Step } from './api';
import type { CameraProblem } from './camera';

export type CaptureScreen = 'document' | 'selfie' | 'liveness' | 'address';
export type NoticeScreen =
  | CameraProblem | 'step-failed' | 'success' | 'suspicious' | 'failed' | 'expired' | 'exception' | 'error' | 'elsewhere' | 'refused' | 'link-over' | 'ended';
export type Screen = 'loading' | 'welcome' | 'handoff' | 'on-phone' | 'cannot' | 'preview' | 'processing' | 'review' | CaptureScreen | NoticeScreen;

const RETRY_MS = [1000, 2000, 4000, 8000];
const PATIENT_429 = 3;
const LONGEST_429_S = 10;
const BUSY_POLL_MS = 1000;

export class Flow extends EventTarget {
  screen: Screen = 'loading';
  state: State | undefined;
  /** Pictures that were taken and not sent yet. */
  shots: Blob[] = [];
  /** Whether a machine-readable zone was in sight when the last document was taken; undefined when nobody looked. */
  zoneSeen: boolean | undefined;
  /** Share of the upload that is through, undefined when nothing is being sent. */
  progress: number | undefined;
  offline = false;
  /** The server's own words, for the error screen. */
  message = '';
  debug = false;

  /** The link to go on with on another device, as long as it opens. */
  link = '';

  private clientKey = '';
  private clientUser = '';
  private sentStep = -1;
  private ended = false;
  private reported = false;
  private expiry = 0;
  private watching = 0;
  private goOn: () => void = () => undefined;

  constructor(private readonly api: Api, private readonly host: Host, private readonly schemaId: string) {
    super();
  }

  /** Opens or resumes the session; also the way on after "begin again". */
  async start(): Promise<void> {
    this.reported = false;
    this.sentStep = -1;
    this.watching++;
    this.show('loading');
    try {
      if (this.host.linked) return await this.takeOver();
      if (this.clientKey === '') {
        const settings = await this.host.settings();
        this.clientKey = settings.clientKey;
        this.clientUser = settings.clientUser;
        this.debug = settings.debug;
      }
      const opened = await this.lasting(() => this.api.open(this.schemaId, this.clientKey, this.clientUser));
      if (!this.host.permits(opened.allowedOrigins ?? [])) return this.show('refused');
      await this.enter(opened.state);
    } catch (fault) {
      await this.fail(fault);
    }
  }

  /** Begins where a session that was just opened stands. */
  private async enter(state: State): Promise<void> {
    this.learn(state);
    if (!state.fields?.length && state.status === 'idle' && state.secondsToLive > 0) this.show('welcome');
    else await this.route();
  }

  /** Opens the link that led here; it opens once. */
  private async takeOver(): Promise<void> {
    if (this.host.link === '') return this.show('link-over'); // a page that was loaded again has forgotten it
    try {
      const opened = await this.lasting(() => this.api.takeOver(this.host.link));
      await this.enter(opened.state);
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'gone') return this.show('link-over');
      throw fault;
    }
  }

  /** Shows the link for another device, and then how far that one is. */
  async handOff(): Promise<void> {
    const run = ++this.watching;
    try {
      const given = await this.lasting(() => this.api.handOff());
      if (run !== this.watching) return;
      this.link = `${location.origin}/widget/continue#${given.link}`;
      this.show('handoff');
      const renew = window.setTimeout(() => {
        if (run === this.watching && this.screen === 'handoff') void this.handOff();
      }, given.secondsLeft * 1000);
      await this.watch(run, given.watch);
      clearTimeout(renew);
    } catch (fault) {
      if (run === this.watching) await this.fail(fault);
    }
  }

  private async watch(run: number, credential: string): Promise<void> {
    for (let lock: number | undefined; run === this.watching && !this.ended; ) {
      const asked = Date.now();
      const known = lock;
      const state = await this.lasting(() => this.api.watch(credential, known));
      if (run !== this.watching) return;
      if (state.taken) {
        this.api.onlyWatch(credential);
        this.learn(state);
        if (this.screen !== 'on-phone') this.show('on-phone');
      }
      if (state.status !== 'idle' && state.status !== 'processing') {
        this.learn(state);
        return this.finish(state.status);
      }
      if (state.lock === lock && Date.now() - asked < BUSY_POLL_MS) await pause(BUSY_POLL_MS);
      lock = state.lock;
    }
  }

  /** Goes on here after all; once the phone holds the session, it is taken back from there. */
  stayHere(): void {
    this.watching++;
    this.link = '';
    void (this.screen === 'on-phone' ? this.start() : this.here());
  }

  private async here(): Promise<void> {
    this.show('loading');
    try {
      await this.enter(await this.lasting(() => this.api.state()));
    } catch (fault) {
      await this.fail(fault);
    }
  }

  /** Leaves the welcome screen, a failed step or a camera problem. */
  goToStep(): void {
    this.shots = [];
    this.capture();
  }

  private capture(): void {
    const type = this.state?.steps[this.state.step]?.type;
    if (type === 'document' || type === 'selfie' || type === 'liveness') this.show(type);
    else if (type === 'address_proof') this.show('address');
    else this.complain(type ?? '');
  }

  /** Another window or device holds the session. */
  takenUpElsewhere(): void {
    this.show('elsewhere');
  }

  cameraFailed(problem: CameraProblem): void {
    this.show(problem);
  }

  /** The step that is open now. */
  get step(): Step | undefined {
    return this.state?.steps[this.state.step];
  }

  /** Opens the try that pictures will be sent for, on request without the screen's light; undefined when the session went elsewhere. */
  async openTry(unlit = false): Promise<State | undefined> {
    const state = this.state;
    if (!state) return undefined;
    try {
      // Liveness asks every time: a challenge that ran out is replaced.
      if (unlit) this.learn(await this.lasting(() => this.api.startWithoutLight(state.step)));
      else if (!state.open || state.challenge) this.learn(await this.lasting(() => this.api.startAttempt(state.step)));
      if (this.state?.open) return this.state;
      await this.route();
    } catch (fault) {
      await this.fail(fault);
    }
    return undefined;
  }

  /** A picture was taken: it is shown before it is sent. */
  preview(shot: Blob): void {
    this.shots = [...this.shots, shot];
    this.show('preview');
  }

  /** One more picture beside those that were taken: another side, another page. */
  addSide(): void {
    this.capture();
  }

  retake(): void {
    this.goToStep();
  }

  async sendShots(): Promise<void> {
    const shots = this.shots;
    this.progress = 0;
    this.show('processing');
    if (await this.openTry()) await this.send(shots, []);
  }

  async send(pictures: Blob[], marks: Mark[]): Promise<void> {
    const state = this.state;
    if (!state) return;
    this.progress = 0;
    this.sentStep = state.step;
    this.show('processing');
    try {
      this.learn(await this.lasting(() => this.api.submit(state.step, state.try, pictures, marks, (share) => {
        this.progress = share;
        this.changed();
      })));
    } catch (fault) {
      this.progress = undefined;
      return this.fail(fault);
    }
    this.progress = undefined;
    this.shots = [];
    await this.route();
  }

  /** Asks before a step is passed over. */
  cannot(): void {
    this.show('cannot');
  }

  /** Says that the person cannot do the open step. */
  async excuse(): Promise<void> {
    const state = this.state;
    if (!state) return;
    try {
      this.learn(await this.lasting(() => this.api.excuse(state.step)));
      await this.route();
    } catch (fault) {
      await this.fail(fault);
    }
  }

  /** Sends what the person made of the fields that were read; a refusal is for the screen to show. */
  async correct(fields: { title: string; value: string }[]): Promise<string> {
    const state = this.state;
    if (!state) return '';
    try {
      this.learn(await this.lasting(() => this.api.correct(state.step, state.try, fields)));
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'invalid') return fault.message;
      await this.fail(fault);
      return '';
    }
    this.sentStep = state.step;
    await this.route();
    return '';
  }

  /** Gives up what was read off the document, for another photo. */
  async retakeRead(): Promise<void> {
    const state = this.state;
    if (!state) return;
    try {
      this.learn(await this.lasting(() => this.api.retake(state.step)));
      this.sentStep = -1; // they asked for it: nothing went wrong
      await this.route();
    } catch (fault) {
      await this.fail(fault);
    }
  }

  /** The button of the offline screen. */
  retryNow(): void {
    this.goOn();
  }

  close(): void {
    this.ended = true;
    this.watching++;
    this.link = '';
    clearTimeout(this.expiry);
    this.shots = [];
    this.state = undefined;
    this.show('ended');
    this.host.close();
  }

  /** Goes wherever the session stands. */
  private async route(): Promise<void> {
    while (!this.ended && this.state?.status === 'processing') {
      this.show('processing');
      const { lock } = this.state;
      const asked = Date.now();
      this.learn(await this.lasting(() => this.api.state(lock)));
      if (this.state.lock === lock && Date.now() - asked < BUSY_POLL_MS) await pause(BUSY_POLL_MS);
    }
    const state = this.state;
    if (!state || this.ended) return;
    if (state.status !== 'idle') return this.finish(state.status);
    if (state.secondsToLive <= 0) return this.finish('expired');
    if (state.fields?.length) return this.show('review');
    const failed = state.errors.length > 0 || state.failedChecks.length > 0;
    if (failed && !state.open && this.sentStep === state.step) this.show('step-failed');
    else this.goToStep();
  }

  private async finish(status: State['status']): Promise<void> {
    clearTimeout(this.expiry);
    if (status === 'idle' || status === 'processing') return;
    this.show(status);
    if (this.reported) return;
    this.reported = true;
    if (status !== 'success') return this.host.error({ code: status, message: status });
    try {
      this.host.success(await this.lasting(() => this.api.result()));
    } catch (fault) {
      this.host.error(describe(fault));
    }
  }

  /** What the server refused; most refusals only mean that the session moved on without us. */
  private async fail(fault: unknown): Promise<void> {
    if (this.ended) return;
    if (fault instanceof Refusal && this.state) {
      if (fault.code === 'unauthorised') return this.show('elsewhere');
      if (fault.code === 'conflict' || fault.code === 'gone') {
        try {
          this.learn(await this.lasting(() => this.api.state()));
          return await this.route();
        } catch (next) {
          fault = next;
        }
      }
    }
    this.host.error(describe(fault));
    this.complain(describe(fault).message);
  }

  private complain(message: string): void {
    this.message = message;
    this.show('error');
  }

  private learn(state: State): void {
    this.state = state;
    clearTimeout(this.expiry);
    if (state.status === 'idle') {
      const wait = Math.min(state.secondsToLive + 1, 86_400) * 1000;
      this.expiry = window.setTimeout(() => void this.expire(), wait);
    }
    this.changed();
  }

  private async expire(): Promise<void> {
    if (this.screen === 'on-phone') return; // who watches is told
    try {
      this.learn(await this.lasting(() => this.api.state()));
      if (this.state?.status !== 'idle' || this.state.secondsToLive <= 0) await this.route();
    } catch (fault) {
      await this.fail(fault);
    }
  }

  /** Repeats work for as long as only the network is in the way. Pictures stay in memory meanwhile. */
  private async lasting<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    for (let lost = 0, slowed = 0; ; ) {
      try {
        const answer = await work();
        this.setOffline(false);
        return answer;
      } catch (fault) {
        if (this.ended) throw fault;
        if (fault instanceof NetworkLost) {
          this.setOffline(true);
          await this.connection(RETRY_MS[Math.min(lost++, RETRY_MS.length - 1)] ?? 0);
        } else if (fault instanceof Refusal && fault.code === 'too_many' && fault.waitSeconds <= LONGEST_429_S && slowed++ < PATIENT_429) {
          await pause(Math.max(1, fault.waitSeconds) * 1000);
        } else {
          this.setOffline(false);
          throw fault;
        }
      }
    }
  }

  /** Waits for the button, for the browser to see a network again, or for a while. */
  private connection(wait: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        window.removeEventListener('online', done);
        resolve();
      };
      const timer = setTimeout(done, wait);
      window.addEventListener('online', done);
      this.goOn = done;
    });
  }

  private setOffline(offline: boolean): void {
    if (this.offline === offline) return;
    this.offline = offline;
    this.changed();
  }

  private show(screen: Screen): void {
    this.screen = screen;
    if (this.debug) console.debug('openkyc', screen);
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}

function describe(fault: unknown): { code: string; message: string; requestId?: string } {
  if (fault instanceof Refusal) return { code: fault.code, message: fault.message, requestId: fault.requestId };
  return { code: 'internal', message: fault instanceof Error ? fault.message : '' };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
