#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace truckee::model {

/// Gives values numbers from 0 on, equal ones (by their keys) the same.
template <class T>
class interner {
public:
  template <class Make>
  std::uint32_t number(std::string key, Make make) {
    const auto [at, added] = numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(values_.size()));
    if (added)
      values_.push_back(make());
    return at->second;
  }
  const T& operator[](std::uint32_t number) const { return values_[number]; }
  std::size_t size() const { return values_.size(); }

private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::deque<T> values_;
};

} // namespace truckee::model
