// How the stores' contracts run a test: on a fresh store, which is closed and removed afterwards.

import { test } from "node:test";

export interface StoreUnderTest<Store extends AsyncDisposable> {
  /** On the same storage each time; several may be open at a time, as from several processes. */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

type StoreTest<Store extends AsyncDisposable> = (
  title: string,
  run: (store: Store, under: StoreUnderTest<Store>) => Promise<void>,
) => void;

export function onFreshStores<Store extends AsyncDisposable>(
  name: string,
  create: () => Promise<StoreUnderTest<Store>>,
): StoreTest<Store> {
  return (title, run) => {
    test(`${name}: ${title}`, async () => {
      const under = await create();
      try {
        await using store = await under.open();
        await run(store, under);
      } finally {
        await under.remove();
      }
    });
  };
}
