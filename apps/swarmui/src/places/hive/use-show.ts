// The show in a component: made when the canvas has been loaded, sized with its element, coloured with the theme, ended with the component.

import { type RefObject, useEffect, useState } from 'react';
import { theme } from '../../app/theme.ts';
import { colorToken } from '../../style/tokens.ts';
import type { Size } from './camera.ts';
import type { Drawn } from './drawing.ts';
import { Gestures } from './gestures.ts';
import type { Point } from './hex.ts';
import { levelOf } from './lod.ts';
import { paletteOf, Show } from './show.ts';
import type { FollowedActivity } from './use-fleet.ts';

/** How the canvas is. */
export type Made =
  | { readonly kind: 'loading' }
  | { readonly kind: 'here'; readonly show: Show }
  | { readonly kind: 'failed'; readonly why: string };

const STILL = '(prefers-reduced-motion: reduce)';
/** What is drawn is told in attributes of the element so often, ms: for tests, and for those who look why a picture is as it is. */
const TOLD_MS = 250;

/** A show inside an element. */
export function useShow(host: RefObject<HTMLDivElement | null>, followed: FollowedActivity): Made {
  const [made, setMade] = useState<Made>({ kind: 'loading' });
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    let end = (): void => undefined;
    let isOver = false;
    begin(element, followed).then(
      (begun) => {
        if (isOver) return begun.end();
        end = begun.end;
        setMade({ kind: 'here', show: begun.show });
      },
      (error: unknown) => setMade({ kind: 'failed', why: error instanceof Error ? error.message : 'no canvas' }),
    );
    return () => {
      isOver = true;
      end();
      setMade({ kind: 'loading' });
    };
  }, [host, followed]);
  return made;
}

interface Begun {
  readonly show: Show;
  readonly end: () => void;
}

/** @throws Error when the browser has no WebGL. */
async function begin(element: HTMLDivElement, followed: FollowedActivity): Promise<Begun> {
  const { createScene } = await import('./scene.ts');
  const scene = await createScene(sizeOf(element));
  element.append(scene.canvas);
  scene.canvas.setAttribute('aria-hidden', 'true');
  const still = matchMedia(STILL);
  const tell = teller(element);
  const show: Show = new Show({
    scene,
    size: sizeOf(element),
    palette: paletteOf(colorToken),
    takeEvents: (onWorker) => followed.activity.take(onWorker),
    recall: followed.recall,
    onPicture: (_, drawn) => tell(show, drawn),
    isStill: still.matches,
  });
  const observer = new ResizeObserver(() => show.setSize(sizeOf(element)));
  observer.observe(element);
  const onStill = (): void => show.setStill(still.matches);
  still.addEventListener('change', onStill);
  const unwatch = [theme.watch(() => show.setPalette(paletteOf(colorToken))), followed.news.watch(() => show.ask())];
  const end = (): void => {
    observer.disconnect();
    still.removeEventListener('change', onStill);
    for (const one of unwatch) one();
    show.destroy();
  };
  return { show, end };
}

function sizeOf(element: HTMLElement): Size {
  return { width: element.clientWidth, height: element.clientHeight };
}

/** Tells what was drawn, now and then, and when the picture has come to rest. */
function teller(element: HTMLElement): (show: Show | undefined, drawn: Readonly<Drawn>) => void {
  let lastMs = 0;
  return (show, drawn) => {
    const nowMs = performance.now();
    if (show === undefined || (show.isMoving && nowMs - lastMs < TOLD_MS)) return;
    lastMs = nowMs;
    for (const [name, count] of Object.entries(drawn)) element.dataset[name] = String(count);
    element.dataset.zoom = show.camera.zoom.toFixed(3);
    element.dataset.level = levelOf(show.camera.zoom);
    element.dataset.moving = String(show.isMoving);
    const at = show.focusedAt;
    element.dataset.focusedAt = at === undefined ? '' : `${Math.round(at.x)} ${Math.round(at.y)}`;
  };
}

/** The pointer and the wheel on an element. */
export function useGestures(
  host: RefObject<HTMLDivElement | null>,
  show: Show | undefined,
  onClick: (worker: string | undefined) => void,
): void {
  useEffect(() => {
    const element = host.current?.parentElement;
    if (element === null || element === undefined || show === undefined) return undefined;
    const gestures = new Gestures({
      pan: (dx, dy) => show.pan(dx, dy),
      zoom: (factor, at) => show.zoom(factor, at),
      click: (at) => {
        const worker = show.click(at);
        if (worker !== undefined) onClick(worker);
      },
    });
    return listen(element, gestures);
  }, [host, show, onClick]);
}

function listen(element: HTMLElement, gestures: Gestures): () => void {
  const at = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const isOnControl = ({ target }: Event): boolean => target instanceof Element && target.closest('button, a') !== null;
  const ending = new AbortController();
  const { signal } = ending;
  const on = <K extends keyof HTMLElementEventMap>(name: K, does: (event: HTMLElementEventMap[K]) => void): void =>
    element.addEventListener(name, does, { signal, passive: false });
  on('pointerdown', (event) => {
    if (event.button !== 0 || isOnControl(event)) return;
    element.setPointerCapture(event.pointerId);
    gestures.down(event.pointerId, at(event));
  });
  on('pointermove', (event) => gestures.move(event.pointerId, at(event)));
  on('pointerup', (event) => gestures.up(event.pointerId, at(event)));
  on('pointercancel', (event) => gestures.cancel(event.pointerId));
  on('wheel', (event) => {
    event.preventDefault();
    gestures.wheel(event.deltaY, event.deltaMode, at(event));
  });
  return () => ending.abort();
}
