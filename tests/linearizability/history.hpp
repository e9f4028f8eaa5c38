#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <unordered_set>
#include <vector>

/// What clients saw of one thing that they share, and whether one order of their operations explains it.
namespace truckee::test {

/// When an operation began and ended, by a clock that all share.
struct operation_times {
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t began = 0;
  std::uint64_t ended = never; ///< never: unknown, it may take effect later or not at all

  bool unknown() const { return ended == never; }
};

/// Wing and Gong's search. At most 64 operations. An operation has operation_times, and by `after(value)` what the value is when
/// it has come, or nothing where its answer cannot have been given at that value; one of unknown fate that has no effect need
/// not come. `Hash` is one of values; the first is `Value{}`.
template <class Operation, class Value, class Hash = std::hash<Value>>
class history {
public:
  static constexpr std::size_t operations_max = 64;

  explicit history(std::vector<Operation> operations) : all_(std::move(operations)) {}

  bool linearizable() {
    tried_.clear();
    return all_.size() <= operations_max && search(0, Value{});
  }

private:
  struct position {
    std::uint64_t placed;
    Value value;
    friend bool operator==(const position&, const position&) = default;
  };
  struct position_hash {
    std::size_t operator()(const position& p) const {
      return static_cast<std::size_t>(
          (p.placed ^ (std::uint64_t{Hash()(p.value)} << 40)) * 0x9e3779b97f4a7c15U >> 7);
    }
  };

  bool search(std::uint64_t placed, const Value& value) {
    // What changes nothing and may come now, comes now: later it could only be worse off.
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < all_.size(); ++i)
        if (may_come(i, placed) && all_[i].after(value) == value) {
          placed |= std::uint64_t{1} << i;
          more = true;
        }
    }
    if (!tried_.insert({placed, value}).second)
      return false;
    if (first_end(placed) == operation_times::never)
      return true; // only unknown ones are left; none of them has to have happened
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (may_come(i, placed))
        if (const auto next = all_[i].after(value))
          if (search(placed | std::uint64_t{1} << i, *next))
            return true;
    return false;
  }

  std::uint64_t first_end(std::uint64_t placed) const {
    auto out = operation_times::never;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if ((placed >> i & 1) == 0)
        out = std::min(out, all_[i].ended);
    return out;
  }

  /// Whatever began after some open operation had ended comes after that one.
  bool may_come(std::size_t i, std::uint64_t placed) const {
    return (placed >> i & 1) == 0 && all_[i].began <= first_end(placed);
  }

  std::vector<Operation> all_;
  std::unordered_set<position, position_hash> tried_;
};

// -- a share: a test-and-set register --

/// The register's value; 0: nothing is there.
using register_value = std::uint64_t;

struct register_operation : operation_times {
  std::optional<register_value> sets; ///< nothing: a read
  register_value expected = 0;        ///< what is tested before it sets
  register_value seen = 0;            ///< told by the answer: the value before
  bool passed = false;                ///< told by the answer to a test-and-set

  /// The value after the operation, if its answer can have been given at `value`.
  std::optional<register_value> after(register_value value) const {
    const bool passes = sets && value == expected;
    if (unknown())
      return passes ? sets : std::nullopt;
    if (seen != value || (sets && passed != passes))
      return std::nullopt;
    return passes ? *sets : value;
  }
};
using register_history = history<register_operation, register_value>;

// -- a whole file: published, modified, read --

/// A file's content: its lines, each of them the number of the operation that wrote it.
using file_content = std::vector<int>;

struct file_operation : operation_times {
  enum class kind : std::uint8_t { publish, modify, read } what = kind::read;
  int line = 0;           ///< that it writes: as the whole content (publish), behind the others (modify)
  file_content seen = {}; ///< by a read

  std::optional<file_content> after(const file_content& content) const {
    switch (what) {
    case kind::publish:
      return file_content{line};
    case kind::modify: {
      if (std::find(content.begin(), content.end(), line) != content.end())
        return std::nullopt; // in no content twice
      auto out = content;
      out.push_back(line);
      return out;
    }
    case kind::read:
      break;
    }
    return seen == content ? std::optional(content) : std::nullopt;
  }
};
struct file_content_hash {
  std::size_t operator()(const file_content& content) const {
    std::size_t out = content.size();
    for (const auto line : content)
      out = out * 31 + static_cast<std::size_t>(line);
    return out;
  }
};
using file_history = history<file_operation, file_content, file_content_hash>;

} // namespace truckee::test
