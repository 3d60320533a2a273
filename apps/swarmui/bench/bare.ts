// Pixi by itself, as its documentation shows it: so many sprites, each moved in every picture. What the canvas of Live Hive is measured beside.

import 'pixi.js/unsafe-eval';
import { Container, Sprite, Texture, WebGLRenderer } from 'pixi.js';

interface Bare {
  readonly canvas: HTMLCanvasElement;
  readonly picture: () => void;
}

const SIZE = 16;

/** Makes one in the element `#stage`. */
async function open({ sprites = 1000, width = 1280, height = 720 }): Promise<Bare> {
  const renderer = new WebGLRenderer();
  await renderer.init({ width, height, antialias: false });
  document.getElementById('stage')?.replaceChildren(renderer.canvas);
  const stage = new Container();
  const all = Array.from({ length: sprites }, (_, index) => {
    const sprite = new Sprite({ texture: Texture.WHITE, width: SIZE, height: SIZE });
    sprite.position.set((index * 37) % width, (index * 91) % height);
    return sprite;
  });
  stage.addChild(...all);
  const picture = (): void => {
    for (const sprite of all) sprite.x = (sprite.x + 1) % width;
    renderer.render(stage);
  };
  return { canvas: renderer.canvas, picture };
}

Object.assign(globalThis, { bareBench: { open } });
