// The canvas: one mesh of PixiJS, drawn as many times as there are instances, from one buffer and one atlas: one upload and one draw call a
// picture, and what is not seen is not in the buffer. 100,000 grains take 3 ms of script (bench/hive.html; this project's machine, 2026-11),
// where Pixi's ParticleContainer takes 24 to 30. The import of `unsafe-eval` replaces Pixi's generated code, so that the page's policy can
// forbid eval.

import 'pixi.js/unsafe-eval';
import {
  Buffer,
  BufferUsage,
  CanvasSource,
  Container,
  Geometry,
  GlProgram,
  Mesh,
  Shader,
  Texture,
  Ticker,
  WebGLRenderer,
} from 'pixi.js';
import { fontLoaded, paintAtlas } from './atlas.ts';
import type { Camera, Size } from './camera.ts';
import { INSTANCE_BYTES, type Instances, VERTEX_BYTES } from './instances.ts';
import { isSoftware, Pending } from './pending.ts';

/** A canvas that draws instances. */
export interface Scene {
  readonly canvas: HTMLCanvasElement;
  /** Pictures are made by the processor, not by a card. */
  readonly isSoftware: boolean;
  /** The last picture is still being made: another one now would only wait behind it. */
  readonly isBusy: boolean;
  resize(size: Size): void;
  /** Draws what is in `instances` as `camera` sees it. The buffer is lent for the call. */
  render(instances: Instances, camera: Camera): void;
  /** Frees the graphics card; the canvas is empty from then on. */
  destroy(): void;
}

/** Sharper than this nobody sees, and each pixel costs. */
const RESOLUTION_MAX = 2;

/** Makes a canvas. @throws Error when the browser has no WebGL. */
export async function createScene(size: Size): Promise<Scene> {
  await fontLoaded();
  // Pixi keeps house by a clock that asks for every frame; with one texture and one buffer there is nothing to keep.
  Ticker.system.autoStart = false;
  Ticker.system.stop();
  const renderer = new WebGLRenderer();
  await renderer.init({
    ...whole(size),
    antialias: false,
    backgroundAlpha: 0,
    autoDensity: true,
    resolution: Math.min(globalThis.devicePixelRatio, RESOLUTION_MAX),
    skipExtensionImports: true,
    powerPreference: 'low-power',
  });
  const pending = new Pending(renderer.gl as WebGL2RenderingContext);
  const isByProcessor = isSoftware(renderer.gl as WebGL2RenderingContext);
  // Every pixel is made by hand there: none is made that a screen without finer ones would not show.
  if (isByProcessor) renderer.resize(renderer.screen.width, renderer.screen.height, 1);
  // One byte a pixel, of the nearest size: what a rasteriser in software reads for each pixel is most of what it does.
  const source = new CanvasSource({
    resource: paintAtlas(),
    format: 'r8unorm',
    autoGenerateMipmaps: true,
    mipmapFilter: 'nearest',
  });
  const buffer = new Buffer({
    data: new Float32Array(0),
    usage: BufferUsage.VERTEX | BufferUsage.COPY_DST,
    shrinkToFit: false,
  });
  const indices = new Buffer({
    data: indicesFor(0),
    usage: BufferUsage.INDEX | BufferUsage.COPY_DST | BufferUsage.STATIC,
    shrinkToFit: false,
  });
  const geometry = geometryOf(buffer, indices);
  const shader = new Shader({
    glProgram: GlProgram.from({ vertex: VERTEX, fragment: FRAGMENT, name: 'hive' }),
    resources: { uTexture: source, uSampler: source.style },
  });
  const mesh = new Mesh({ geometry, shader, texture: new Texture({ source }) });
  const stage = new Container({ children: [mesh] });
  let shown: Size = size;
  return {
    canvas: renderer.canvas as HTMLCanvasElement,
    isSoftware: isByProcessor,
    get isBusy() {
      return pending.isBusy;
    },
    resize: (next) => {
      shown = next;
      const { width, height } = whole(next);
      renderer.resize(width, height);
    },
    render: (instances, { x, y, zoom }) => {
      if (buffer.data !== instances.floats) {
        buffer.data = instances.floats;
        indices.data = indicesFor(instances.capacity);
      }
      buffer.update(instances.count * INSTANCE_BYTES);
      geometry.indexCount = instances.count * 6;
      mesh.visible = instances.count > 0;
      mesh.scale.set(zoom);
      mesh.position.set(shown.width / 2 - x * zoom, shown.height / 2 - y * zoom);
      renderer.render(stage);
      pending.sent();
    },
    destroy: () => {
      stage.destroy({ children: true });
      geometry.destroy(true);
      shader.destroy(true);
      source.destroy();
      renderer.destroy({ removeView: true });
    },
  };
}

function whole({ width, height }: Size): Size {
  return { width: Math.max(Math.round(width), 1), height: Math.max(Math.round(height), 1) };
}

/** Four corners for each instance, and the two triangles between them. */
function geometryOf(buffer: Buffer, indices: Buffer): Geometry {
  const of = (format: 'float32x2' | 'unorm16x2' | 'unorm8x4', offset: number) =>
    ({ buffer, format, offset, stride: VERTEX_BYTES }) as const;
  return new Geometry({
    attributes: { aPosition: of('float32x2', 0), aUV: of('unorm16x2', 8), aColor: of('unorm8x4', 12) },
    indexBuffer: indices,
  });
}

/** For so many instances. */
function indicesFor(capacity: number): Uint32Array {
  const indices = new Uint32Array(capacity * 6);
  for (let instance = 0; instance < capacity; instance += 1)
    for (const [at, corner] of [0, 1, 2, 0, 2, 3].entries()) indices[instance * 6 + at] = instance * 4 + corner;
  return indices;
}

const VERTEX = `#version 300 es
in vec2 aPosition;
in vec2 aUV;
in vec4 aColor;
out vec2 vUV;
out vec4 vColor;
uniform mat3 uProjectionMatrix;
uniform mat3 uWorldTransformMatrix;
uniform mat3 uTransformMatrix;
void main() {
  vec3 at = uProjectionMatrix * (uWorldTransformMatrix * (uTransformMatrix * vec3(aPosition, 1.0)));
  gl_Position = vec4(at.xy, 0.0, 1.0);
  vUV = aUV;
  vColor = aColor;
}
`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec2 vUV;
in vec4 vColor;
out vec4 finalColor;
uniform sampler2D uTexture;
void main() {
  // The atlas is white and premultiplied: how red a pixel is tells how much it covers.
  finalColor = vColor * texture(uTexture, vUV).r;
}
`;
