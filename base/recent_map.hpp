#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

namespace truckee {

/// The values that were asked for or put last; what was not for longest goes first when all of them together weigh more
/// than `weight_max`. For one thread; who shares it brings a mutex.
template <class Key, class Value, class Hash = std::hash<Key>>
class recent_map {
public:
  explicit recent_map(std::size_t weight_max) : weight_max_(weight_max) {}

  /// Nothing where it is not here; good until the next call that changes the map. Counts as a use.
  Value* find(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end())
      return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().value;
  }

  /// In place of what was there. A value heavier than the whole map may hold is not kept.
  void put(const Key& key, Value value, std::size_t weight = 1) {
    erase(key);
    if (weight > weight_max_)
      return;
    entries_.push_front({key, std::move(value), weight});
    places_.emplace(key, entries_.begin());
    weight_ += weight;
    while (weight_ > weight_max_)
      erase(Key(entries_.back().key));
  }

  void erase(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end())
      return;
    weight_ -= found->second->weight;
    entries_.erase(found->second);
    places_.erase(found);
  }

  void clear() {
    places_.clear();
    entries_.clear();
    weight_ = 0;
  }

  std::size_t size() const { return entries_.size(); }
  std::size_t weight() const { return weight_; }

private:
  struct entry {
    Key key;
    Value value;
    std::size_t weight;
  };
  using entries = std::list<entry>;

  const std::size_t weight_max_;
  std::size_t weight_ = 0;
  entries entries_; ///< the one used last in front
  std::unordered_map<Key, typename entries::iterator, Hash> places_;
};

/// The value of a key, which others may hold on to; made where there is none.
template <class Key, class Value, class Hash>
std::shared_ptr<Value> shared_in(recent_map<Key, std::shared_ptr<Value>, Hash>& map, const Key& key) {
  if (const auto* known = map.find(key))
    return *known;
  auto made = std::make_shared<Value>();
  map.put(key, made);
  return made;
}

} // namespace truckee
