/** Resolves with the first result of `check` that is neither false nor null nor an exception; rejects with what was last wrong. */
export async function eventually<T>(what: string, check: () => Promise<T | false | null> | T | false | null, timeout = 10_000): Promise<T> {
  const end = Date.now() + timeout
  let last: unknown = 'it was not so'
  for (;;) {
    try {
      const result = await check()
      if (result !== false && result !== null) return result
    } catch (error) {
      last = error
    }
    if (Date.now() >= end) throw new Error(`${timeout} ms without ${what}`, { cause: last })
    await new Promise<void>((resolve) => setTimeout(resolve, 20))
  }
}
