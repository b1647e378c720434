// The page of `openkyc attacks record`: films what is held before the camera
// with the widget's own camera and choice of frames, and hands it to the
// program that serves the page. It asks for each move by the clock.
import type { Colour } from '../widget/api';
import { Camera, CameraFault } from '../widget/camera';
import { pause, shine } from '../widget/light';
import { pick, type Frame } from '../widget/recorder';
import { notice } from '../widget/device';

const MOVE_MS = 2200;
const READ_MS = 3000; // for the sentence before the light
const EVERY_MS = 280; // as the widget looks
const SIDE = 640;
const QUALITY = 0.7;

const asks: Record<string, string> = { centre: 'Look straight ahead', left: 'Turn to your own left', right: 'Turn to your own right', nod: 'Lower your chin, as in a slow nod', blink: 'Close your eyes, count to two, open them', closer: 'Come closer until your face fills the picture, then stay', light: 'Hold still. For a few seconds the screen changes colour.' };

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const button = find<HTMLButtonElement>('start');
const label = find<HTMLInputElement>('label');
const ask = find('ask');
const says = find('says');
const camera = new Camera(() => tell('The camera is gone.'));

function tell(text: string): void {
  says.textContent = text;
}

interface Drawn {
  id: string;
  moves: string[];
  light?: Colour[];
}

async function film({ moves, light = [] }: Drawn): Promise<Frame[]> {
  const frames: Frame[] = [];
  const began = performance.now();
  const take = async (move: number, colour = 0): Promise<void> => {
    const picture = await camera.grab(SIDE, QUALITY);
    const atMs = Math.round(performance.now() - began);
    if (picture) frames.push({ picture, score: -1, mark: colour > 0 ? { atMs, move, colour } : { atMs, move } });
  };
  for (const [move, asked] of moves.entries()) {
    ask.textContent = asks[asked] ?? asked;
    if (asked === 'light') {
      await pause(READ_MS);
      await shine(light, {
        on: () => true,
        take: (colour) => take(move, colour),
        show: (colour) => { document.body.dataset['colour'] = colour ?? ''; },
      });
      continue;
    }
    for (const until = performance.now() + MOVE_MS; performance.now() < until;) {
      const at = performance.now();
      await take(move);
      await pause(EVERY_MS - (performance.now() - at));
    }
  }
  ask.textContent = '';
  return frames;
}

async function record(): Promise<void> {
  button.disabled = true;
  try {
    tell('');
    const wish = new URLSearchParams({ moves: String(find<HTMLInputElement>('moves').checked), light: String(find<HTMLInputElement>('light').checked) });
    const answer = await fetch(`challenge?${wish}`, { method: 'POST' });
    if (!answer.ok) throw new Error(await answer.text());
    const drawn = await answer.json() as Drawn;
    const frames = pick(await film(drawn));
    const first = frames[0];
    if (first) first.mark.device = notice(camera.label);
    const form = new FormData();
    form.append('frames', JSON.stringify(frames.map((f) => f.mark)));
    frames.forEach((f, i) => form.append('images', f.picture, `${i}.jpg`));
    const saved = await fetch(`recording?id=${encodeURIComponent(drawn.id)}&label=${encodeURIComponent(label.value)}`, { method: 'POST', body: form });
    tell(await saved.text());
  } catch (fault) {
    tell(fault instanceof Error ? fault.message : String(fault));
  }
  button.disabled = false;
}

button.addEventListener('click', () => void record());
find('stage').append(camera.video);
camera.open('user').then(() => { button.disabled = false; }, (fault: unknown) => {
  tell(fault instanceof CameraFault ? `The camera cannot be opened: ${fault.problem}.` : String(fault));
});
