import type { ModelGraph } from './session.ts';
import type { Graph, OnnxGraph, PreparedGraph, SessionAnswers } from './session-thread.ts';

/** Gives a graph to one thread after the other. */
export interface GraphSupply {
  /**
   * @param open has a thread open the graph, whose bytes are gone for the caller.
   * @param isWanted asked when it is the thread's turn.
   */
  lend(open: (graph: Graph) => Promise<SessionAnswers['open']>, isWanted: () => boolean): Promise<ModelGraph>;
}

/** Each thread gets bytes of its own: of all but the last one they are a copy. */
export function copiesOf(graph: OnnxGraph, count: number): GraphSupply {
  const { onnx, external } = graph;
  const copies = Array.from({ length: count - 1 }, () => ({
    onnx: onnx.slice(),
    external: external.map(({ path, data }) => ({ path, data: data.slice() })),
  }));
  return {
    async lend(open, isWanted) {
      checkWanted(isWanted);
      return modelOf(await open(copies.pop() ?? graph));
    },
  };
}

/**
 * The threads get the same bytes, in turn: what is given away from thread to thread stays at its place in memory, where the
 * sessions of all of them read the weights. They must be kept until the last one is closed.
 */
export function sameBytes({ prepared }: PreparedGraph): GraphSupply {
  let bytes = prepared;
  let readers = 0;
  let turn = Promise.resolve();
  return {
    lend(open, isWanted) {
      const lent = turn.then(async () => {
        checkWanted(isWanted);
        const answer = await open({ prepared: bytes }).catch(lost);
        if (answer.graph) bytes = answer.graph.prepared;
        const model = modelOf(answer);
        readers += 1;
        return model;
      });
      turn = lent.then(
        () => undefined,
        () => undefined,
      );
      return lent;
    },
  };

  /** The thread has ended and taken the bytes along. */
  function lost(error: Error): never {
    if (readers === 0) throw error;
    console.error(`a thread ended with the weights that others read: ${error.message}`);
    process.abort();
  }
}

function checkWanted(isWanted: () => boolean): void {
  if (!isWanted()) throw new Error('another model was asked for meanwhile');
}

function modelOf(answer: SessionAnswers['open']): ModelGraph {
  if ('problem' in answer) throw new Error(answer.problem);
  return answer.model;
}
