/** Who hears of an error that nothing expected: a fault of ours, contained to the connection it happened on. */
let report: (error: unknown) => void = (error) => {
  throw error
}

/** Sets who hears of faults; until then they are thrown. */
export function onFault(listener: (error: unknown) => void): void {
  report = listener
}

export function reportFault(error: unknown): void {
  report(error)
}

/** Runs what an event asks for. A fault of ours ends this one connection, never the worker and all its others. */
export function contained(action: () => void, socket: { destroy(): unknown }): void {
  try {
    action()
  } catch (error) {
    reportFault(error)
    socket.destroy()
  }
}
