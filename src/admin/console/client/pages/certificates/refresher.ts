/** Loads once more after each call, never two at a time: many events in a row cost one load after the one that is under way. */
export function refresher(load: () => Promise<void>): () => void {
  let isRunning = false
  let isDue = false
  const run = async (): Promise<void> => {
    isRunning = true
    do {
      isDue = false
      await load()
    } while (isDue)
    isRunning = false
  }
  return () => {
    isDue = true
    if (!isRunning) void run()
  }
}
