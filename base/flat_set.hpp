#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

namespace truckee {

/// A sorted vector with the words of std::set: a copy takes one block of memory, whatever the size. For sets that are copied
/// more often than they grow. Iterators and references hold until the next change.
template <class T>
class flat_set {
public:
  using value_type = T;
  using const_iterator = typename std::vector<T>::const_iterator;
  using iterator = const_iterator;

  flat_set() = default;
  flat_set(std::initializer_list<T> values) : flat_set(values.begin(), values.end()) {}
  template <class It>
  flat_set(It first, It last) {
    insert(first, last);
  }

  const_iterator begin() const { return values_.begin(); }
  const_iterator end() const { return values_.end(); }
  auto rbegin() const { return values_.rbegin(); }
  auto rend() const { return values_.rend(); }
  std::size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  bool contains(const T& value) const { return std::binary_search(values_.begin(), values_.end(), value); }

  std::pair<const_iterator, bool> insert(const T& value) {
    const auto at = std::lower_bound(values_.begin(), values_.end(), value);
    if (at != values_.end() && !(value < *at))
      return {at, false};
    return {values_.insert(at, value), true};
  }
  template <class It>
  void insert(It first, It last) {
    values_.insert(values_.end(), first, last);
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  }

  std::size_t erase(const T& value) {
    const auto at = std::lower_bound(values_.begin(), values_.end(), value);
    if (at == values_.end() || value < *at)
      return 0;
    values_.erase(at);
    return 1;
  }
  const_iterator erase(const_iterator at) { return values_.erase(at); }

  friend bool operator==(const flat_set&, const flat_set&) = default;

private:
  std::vector<T> values_;
};

} // namespace truckee
