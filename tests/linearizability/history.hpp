#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_set>
#include <vector>

/// What clients saw of one test-and-set register, and whether one order of their operations explains it.
namespace truckee::test {

/// The register's value; 0: nothing is there.
using register_value = std::uint64_t;

struct register_operation {
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t began = 0;
  std::uint64_t ended = never;        ///< never: unknown, it may take effect later or not at all
  std::optional<register_value> sets; ///< nothing: a read
  register_value expected = 0;        ///< what is tested before it sets
  register_value seen = 0;            ///< told by the answer: the value before
  bool passed = false;                ///< told by the answer to a test-and-set

  bool unknown() const { return ended == never; }
};

/// Wing and Gong's search. At most 64 operations.
class register_history {
public:
  static constexpr std::size_t operations_max = 64;

  explicit register_history(std::vector<register_operation> operations) : all_(std::move(operations)) {}

  bool linearizable() {
    tried_.clear();
    return all_.size() <= operations_max && search(0, 0);
  }

private:
  struct position {
    std::uint64_t placed;
    register_value value;
    friend bool operator==(const position&, const position&) = default;
  };
  struct position_hash {
    std::size_t operator()(const position& p) const {
      return static_cast<std::size_t>((p.placed ^ (p.value << 40)) * 0x9e3779b97f4a7c15U >> 7);
    }
  };

  bool search(std::uint64_t placed, register_value value) {
    // What changes nothing and may come now, comes now: later it could only be worse off.
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < all_.size(); ++i)
        if (may_come(i, placed) && after(all_[i], value) == value) {
          placed |= std::uint64_t{1} << i;
          more = true;
        }
    }
    if (!tried_.insert({placed, value}).second)
      return false;
    if (first_end(placed) == register_operation::never)
      return true; // only unknown ones are left; none of them has to have happened
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (may_come(i, placed))
        if (const auto next = after(all_[i], value))
          if (search(placed | std::uint64_t{1} << i, *next))
            return true;
    return false;
  }

  std::uint64_t first_end(std::uint64_t placed) const {
    auto out = register_operation::never;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if ((placed >> i & 1) == 0)
        out = std::min(out, all_[i].ended);
    return out;
  }

  /// Whatever began after some open operation had ended comes after that one.
  bool may_come(std::size_t i, std::uint64_t placed) const {
    return (placed >> i & 1) == 0 && all_[i].began <= first_end(placed);
  }

  /// The value after the operation, if its answer can have been given at `value`.
  static std::optional<register_value> after(const register_operation& x, register_value value) {
    const bool passes = x.sets && value == x.expected;
    if (x.unknown())
      return passes ? x.sets : std::nullopt; // without effect it need not be placed
    if (x.seen != value || (x.sets && x.passed != passes))
      return std::nullopt;
    return passes ? *x.sets : value;
  }

  std::vector<register_operation> all_;
  std::unordered_set<position, position_hash> tried_;
};

} // namespace truckee::test
