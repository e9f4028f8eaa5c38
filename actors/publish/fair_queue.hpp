#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace truckee::actors {

/// Lets those who wait take turns: one of each key after another, and of one key in the order they came. Whoever
/// pushes a hundred waits for the others between any two of them, and the others for one of his.
template <class Key, class T>
class fair_queue {
public:
  bool empty() const { return turns_.empty(); }

  void push(const Key& key, T what) {
    auto& own = waiting_[key];
    if (own.empty())
      turns_.push_back(key);
    own.push_back(std::move(what));
  }

  /// Whose turn it is; not of an empty one.
  const T& front() const { return waiting_.at(turns_.front()).front(); }

  T pop() {
    const auto key = turns_.front();
    const auto own = waiting_.find(key);
    auto out = std::move(own->second.front());
    own->second.pop_front();
    turns_.pop_front();
    if (own->second.empty())
      waiting_.erase(own);
    else
      turns_.push_back(key);
    return out;
  }

  template <class Which>
  void erase_if(const Which& which) {
    for (auto own = waiting_.begin(); own != waiting_.end();) {
      std::erase_if(own->second, which);
      if (!own->second.empty()) {
        ++own;
        continue;
      }
      std::erase(turns_, own->first);
      own = waiting_.erase(own);
    }
  }

  template <class Which>
  bool any_of(const Which& which) const {
    return std::ranges::any_of(waiting_,
                               [&](const auto& own) { return std::ranges::any_of(own.second, which); });
  }

private:
  std::deque<Key> turns_; ///< of keys that have somebody waiting, each once
  std::map<Key, std::deque<T>> waiting_;
};

} // namespace truckee::actors
