#pragma once

#include "truckee/base/result.hpp"
#include "truckee/base/shared_bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// CBOR (RFC 8949) as the HTTP storage protocol has it, item by item; libcbor knows the encoding of each.
namespace truckee::gbs {

/// A set, as an array (IANA's registry of tags).
inline constexpr std::uint64_t set_tag = 258;

/// What one document may take, whatever it claims.
struct cbor_bounds {
  std::size_t depth_max = 8; ///< containers in containers; the protocol's own go to 5
  std::size_t items_max =
      65536; ///< 256 shares with 30 tests of 3 members each, and what holds them together, are fewer
};

/// Reads one document where it lies: nothing is allocated for what it only claims. The first thing that is wrong is
/// kept with the name of its field, and everything read after it is empty, so that a caller asks once, at the end.
class cbor_reader {
public:
  explicit cbor_reader(shared_bytes document, cbor_bounds bounds = {})
    : document_(std::move(document)), bounds_(bounds) {}

  std::uint64_t number(std::string_view field);
  bool boolean(std::string_view field);
  /// Nothing for null.
  std::optional<std::uint64_t> number_or_null(std::string_view field);
  /// A byte string of at most `most` bytes; a slice of the document, unless it came in pieces.
  shared_bytes bytes(std::string_view field, std::size_t most);
  /// Text in UTF-8, at most `most` bytes.
  std::string text(std::string_view field, std::size_t most);
  /// A text, or a byte string: servers have either as keys.
  std::string word(std::string_view field, std::size_t most);
  void tag(std::string_view field, std::uint64_t wanted);
  /// Leaves one value out, whatever it is.
  void skip(std::string_view field);

  /// Calls `element()` before each element, which it must read.
  template <class Element>
  void array(std::string_view field, std::size_t most, Element element) {
    each(field, kind::array, most, element);
  }
  /// Calls `entry()` before each key, which it must read, and the value after it.
  template <class Entry>
  void map(std::string_view field, std::size_t most, Entry entry) {
    each(field, kind::map, most, entry);
  }
  /// A map with exactly these text keys, in any order; `member(key)` reads the value.
  template <class Member>
  void record(std::string_view field, std::initializer_list<std::string_view> keys, Member member) {
    std::set<std::string, std::less<>> seen;
    map(field, keys.size(), [&] {
      const auto key = text(field, key_bytes_max);
      if (good() && (std::find(keys.begin(), keys.end(), key) == keys.end() || !seen.insert(key).second))
        complain(field, "has an unknown key, or one twice");
      if (good())
        member(std::string_view(key));
    });
    if (good() && seen.size() != keys.size())
      complain(field, "lacks a key");
  }

  bool good() const { return !problem_; }
  void complain(std::string_view field, std::string_view what);
  /// errc::malformed: which field, and what is wrong with it.
  std::optional<error> problem() const { return problem_; }
  /// Bytes after the document.
  std::size_t left() const { return document_.size() - at_; }

  static constexpr std::size_t key_bytes_max = 64;

private:
  enum class kind : std::uint8_t {
    number,
    negative,
    bytes,
    text,
    pieces_of_bytes, ///< of indefinite length: pieces follow, then `end`
    pieces_of_text,
    array,
    map,
    tag,
    boolean,
    null,
    other, ///< floats, undefined
    end,
  };
  struct item {
    kind what = kind::other;
    std::uint64_t value = 0;        ///< number, count of a container, tag, 0 or 1
    bool indefinite = false;        ///< a container that ends by `end`
    std::size_t begin = 0, end = 0; ///< of a string's bytes in the document
  };
  struct heads; ///< libcbor's callbacks

  item next(std::string_view field);
  bool take_end(); ///< whether an indefinite container ends here
  bool enter(std::string_view field, const item& container, kind wanted, std::size_t most);
  shared_bytes string(std::string_view field, const item& first, std::size_t most);

  template <class F>
  void each(std::string_view field, kind wanted, std::size_t most, F& one) {
    const auto container = next(field);
    if (!enter(field, container, wanted, most))
      return;
    std::uint64_t count = 0;
    while (good() && (container.indefinite ? !take_end() : count < container.value)) {
      if (++count > most) {
        complain(field, "has too many entries");
        break;
      }
      one();
    }
    --depth_;
  }

  shared_bytes document_;
  cbor_bounds bounds_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t items_ = 0;
  std::optional<error> problem_;
};

/// Makes one document, as short as it can be; long byte strings are not copied into it.
class cbor_writer {
public:
  cbor_writer& map(std::size_t entries);
  cbor_writer& array(std::size_t elements);
  cbor_writer& tag(std::uint64_t number);
  cbor_writer& number(std::uint64_t value);
  cbor_writer& boolean(bool value);
  cbor_writer& null();
  cbor_writer& text(std::string_view value);
  cbor_writer& bytes(const shared_bytes& value);

  /// The document, in pieces.
  std::vector<shared_bytes> take();

private:
  using encoder = std::size_t (*)(std::size_t, unsigned char*, std::size_t);
  void head(encoder encode, std::size_t value);

  truckee::bytes open_; ///< what was written since the last piece
  std::vector<shared_bytes> pieces_;
};

/// All pieces as one.
shared_bytes joined(const std::vector<shared_bytes>& pieces);
std::size_t bytes_in(const std::vector<shared_bytes>& pieces);

} // namespace truckee::gbs
