// The two kinds of position in an executable. They are never mixed: a file offset counts bytes of the file, an address
// counts bytes of memory once it is loaded. Both are numbers, so that tables of them are typed arrays; addresses beyond
// 2^53 (kernels) are kept as the distance from the image's `base`.

declare const unit: unique symbol;

/** Bytes from the start of the whole file, an integer from 0 to the file's size. */
export type Offset = number & { readonly [unit]: 'offset' };

/** Virtual address less the image's `base`: an integer from 0 to 2^53 - 1. */
export type Address = number & { readonly [unit]: 'address' };

/** Names a number an offset; its caller has checked it. */
export function offset(value: number): Offset {
  return value as Offset;
}

/** Names a number an address; its caller has checked it. */
export function address(value: number): Address {
  return value as Address;
}
