// Values that are mostly at hand, and promises of them otherwise: a read that makes a promise at each step pays for all of them.

/** A value, or the promise of one. */
export type Soon<T> = T | Promise<T>;

/** Goes on with a value, at once when it is at hand. What `go` throws is thrown at once or rejects. */
export function soon<T, U>(value: Soon<T>, go: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(go) : go(value);
}

/** What `begin` comes to, after `last` ran; it runs after a failure, too. */
export function lastly<T>(begin: () => Soon<T>, last: () => void): Soon<T> {
  let value: Soon<T>;
  try {
    value = begin();
  } catch (error) {
    last();
    throw error;
  }
  if (value instanceof Promise) return value.finally(last);
  last();
  return value;
}
