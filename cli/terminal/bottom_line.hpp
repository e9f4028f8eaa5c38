#pragma once

#include "truckee/base/text.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace truckee::cli {

/// The last line of a terminal, redrawn in place, and everything else that goes to the same terminal above
/// it. May be used from any thread.
class bottom_line {
public:
  using writer = std::function<void(std::string_view)>;

  explicit bottom_line(writer to) : to_(std::move(to)) {}

  /// Draws the line, or takes it away when it is empty.
  void show(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (line == shown_)
      return;
    shown_ = line;
    to_("\r" + shown_ + "\033[K");
  }

  /// Whole lines, each with its end. Nothing in them moves the cursor: names of files and what servers say come by here.
  void print(std::string_view lines) {
    const auto safe = escaped_lines(lines);
    const std::lock_guard lock(mutex_);
    if (shown_.empty())
      to_(safe);
    else
      to_("\r\033[K" + safe + shown_);
  }

private:
  std::mutex mutex_;
  writer to_;
  std::string shown_;
};

} // namespace truckee::cli
