#pragma once

#include "truckee/base/deadline_queue.hpp"

#include <cassert>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace truckee::actors {

/// What a link was asked for and has not answered yet: some requests wait, in the order they came, the others were
/// sent. Bounds the bytes that were sent and not answered; one request always goes, and nothing overtakes.
template <class Item>
class send_window {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using number = std::uint64_t;

  explicit send_window(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// A request that waits, until `due` at the longest.
  void add(Item item, std::uint64_t bytes, time_point due) {
    const auto id = ++last_;
    waiting_.emplace(id, entry{std::move(item), bytes, due_.add(due, id)});
  }

  /// The next one to be sent, if there is one and room for it; it counts as sent from now on. Valid until the
  /// window is changed.
  std::optional<std::pair<number, Item*>> next() {
    if (waiting_.empty() || !has_room(waiting_.begin()->second.bytes))
      return std::nullopt;
    auto node = waiting_.extract(waiting_.begin());
    due_.take(node.mapped().due);
    bytes_in_flight_ += node.mapped().bytes;
    const auto at = sent_.insert(std::move(node)).position;
    return std::pair(at->first, &at->second.item);
  }

  /// One that was sent has its answer, or never will; nothing where it was dropped before.
  std::optional<Item> take_sent(number id) {
    auto node = sent_.extract(id);
    if (!node)
      return std::nullopt;
    assert(bytes_in_flight_ >= node.mapped().bytes);
    bytes_in_flight_ -= node.mapped().bytes;
    return std::move(node.mapped().item);
  }

  /// One that has waited too long; call it until it gives nothing.
  std::optional<Item> take_overdue(time_point now) {
    const auto id = due_.take_due(now);
    return id ? std::optional(std::move(waiting_.extract(*id).mapped().item)) : std::nullopt;
  }

  /// When the first of those that wait will have waited too long.
  std::optional<time_point> next_due() const { return due_.next(); }

  /// All that wait, in their order; none does afterwards.
  std::vector<Item> take_waiting() {
    due_.clear();
    return items_of(std::exchange(waiting_, {}));
  }
  /// All that were sent, in their order; nothing is in flight afterwards.
  std::vector<Item> take_all_sent() {
    bytes_in_flight_ = 0;
    return items_of(std::exchange(sent_, {}));
  }

  std::uint64_t bytes_in_flight() const { return bytes_in_flight_; }

private:
  struct entry {
    Item item;
    std::uint64_t bytes = 0;
    deadline_ticket due; ///< while it waits
  };
  using entries = std::map<number, entry>;

  bool has_room(std::uint64_t bytes) const {
    return bytes_in_flight_ == 0 || bytes_in_flight_ + bytes <= bytes_max_;
  }

  static std::vector<Item> items_of(entries from) {
    std::vector<Item> out;
    out.reserve(from.size());
    for (auto& [id, x] : from)
      out.push_back(std::move(x.item));
    return out;
  }

  std::uint64_t bytes_max_;
  std::uint64_t bytes_in_flight_ = 0; ///< the sum over `sent_`
  number last_ = 0;
  entries waiting_;
  entries sent_;
  deadline_queue<number> due_; ///< one a request that waits
};

} // namespace truckee::actors
