#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace truckee {

/// Names one item of a deadline_queue until it is taken. A default one names nothing.
struct deadline_ticket {
  std::chrono::steady_clock::time_point due{};
  std::uint64_t number = 0;
  friend auto operator<=>(const deadline_ticket&, const deadline_ticket&) = default;
};

/// What is due when, for one owner: items in the order of their time, and of the order they were added where
/// times are equal. What was taken back leaves nothing behind. Not safe from several threads.
template <class Item>
class deadline_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;

  using ticket = deadline_ticket;

  ticket add(time_point due, Item item) {
    const ticket out{due, ++last_};
    items_.emplace(out, std::move(item));
    return out;
  }

  /// The item, unless it was taken already.
  std::optional<Item> take(const ticket& which) {
    const auto at = items_.find(which);
    return at == items_.end() ? std::nullopt : std::optional(remove(at));
  }

  /// The earliest item that is due at `now`; call it until it gives nothing.
  std::optional<Item> take_due(time_point now) {
    return items_.empty() || items_.begin()->first.due > now ? std::nullopt
                                                             : std::optional(remove(items_.begin()));
  }

  /// When the earliest is due; nothing when there is none.
  std::optional<time_point> next() const {
    return items_.empty() ? std::nullopt : std::optional(items_.begin()->first.due);
  }

  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  void clear() { items_.clear(); }

private:
  using map = std::map<ticket, Item>;

  Item remove(typename map::iterator at) {
    Item out = std::move(at->second);
    items_.erase(at);
    return out;
  }

  map items_;
  std::uint64_t last_ = 0;
};

} // namespace truckee
