#pragma once

#include "truckee/logs/event_log.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace truckee::cli {

/// What is still to be ended when a command has its result. It ends in the main thread, which made it: CAF
/// 0.17 waits for ever in another one. Where that takes longer than `patience` (CAF waits for a peer that
/// reads nothing, a probe for one that says nothing) the process ends without it: what was acknowledged is on
/// the servers.
struct shutdown {
  std::vector<std::shared_ptr<void>> last;
  std::chrono::milliseconds patience{500};
  logs::log_ptr log; ///< told of the end, and written out
  /// The signal that the command was asked to end by, and ended well; 0: none. The program then ends by it.
  int signal = 0;

  template <class T>
  void keep(std::unique_ptr<T> what) {
    if (what)
      last.push_back(std::shared_ptr<void>(std::move(what)));
  }

  /// Ends all of it, and the process with `code`, or by a signal.
  [[noreturn]] void finish(int code);
};

} // namespace truckee::cli
