#pragma once

#include "messages/catalog.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace truckee::actors {

/// One thing the gateway was asked to do. Waits for its turn on its file, runs, ends.
struct gateway_operation {
  messages::progress_event event; ///< as subscribers see it
  storage_index slot;
  caf::node_id caller; ///< whose program asked
  std::chrono::steady_clock::time_point asked;
  bool running = false;
  bool waiting_publish = false; ///< counted as one, until it begins or ends
  std::function<void()> begin;
  /// Answers the asker without having begun.
  std::function<void(error)> refuse;
  /// Asks the running operation to end.
  std::function<void(errc)> stop;
};

/// Which operations there are, and whose turn it is. No actor, no I/O.
class operation_table {
public:
  explicit operation_table(std::size_t recent_max) : recent_max_(recent_max) {}

  std::size_t size() const { return operations_.size(); }

  /// Enters an operation; true if it may begin at once, false if another one of its file comes first.
  bool enter(std::uint64_t id, gateway_operation operation);
  /// Nothing when it has ended.
  gateway_operation* find(std::uint64_t id);
  std::optional<std::uint64_t> find(messages::operation_token token) const;
  /// Takes an operation out and remembers how it ended; the next one of its file, if one waits.
  std::optional<std::uint64_t> leave(std::uint64_t id);
  std::vector<std::uint64_t> ids() const;
  /// The operation whose turn it is on the same file.
  std::uint64_t before(std::uint64_t id) const;
  /// How many were asked for from there.
  std::size_t count_from(const caf::node_id& caller) const;

  /// For status: running, waiting, and ended ones newest first.
  void report(messages::status_reply& out) const;

private:
  std::size_t recent_max_;
  std::map<std::uint64_t, gateway_operation> operations_;
  std::map<storage_index, std::deque<std::uint64_t>> turns_; ///< front: the one that runs
  std::deque<messages::progress_event> recent_;
};

} // namespace truckee::actors
