#include "truckee/gbs/cbor.hpp"

#include "truckee/base/text.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cbor.h>

namespace truckee::gbs {

namespace {

constexpr std::size_t head_bytes_max = 9;
constexpr std::size_t copied_bytes_max =
    4096; ///< a string up to this length is copied into the piece before it

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

} // namespace

// -- reading --

/// libcbor calls one of these with what it found; `context` is the item to be filled.
struct cbor_reader::heads {
  static item& at(void* context) { return *static_cast<item*>(context); }
  static void set(void* context, kind what, std::uint64_t value = 0, bool indefinite = false) {
    at(context) = {what, value, indefinite, 0, 0};
  }
  /// The address for now; next() makes an offset of it.
  static void set_string(void* context, kind what, cbor_data data, std::size_t size) {
    at(context) = {what, size, false, reinterpret_cast<std::uintptr_t>(data), 0};
  }

  static cbor_callbacks table() {
    cbor_callbacks out = cbor_empty_callbacks;
    out.uint8 = [](void* c, std::uint8_t x) { set(c, kind::number, x); };
    out.uint16 = [](void* c, std::uint16_t x) { set(c, kind::number, x); };
    out.uint32 = [](void* c, std::uint32_t x) { set(c, kind::number, x); };
    out.uint64 = [](void* c, std::uint64_t x) { set(c, kind::number, x); };
    out.negint8 = [](void* c, std::uint8_t) { set(c, kind::negative); };
    out.negint16 = [](void* c, std::uint16_t) { set(c, kind::negative); };
    out.negint32 = [](void* c, std::uint32_t) { set(c, kind::negative); };
    out.negint64 = [](void* c, std::uint64_t) { set(c, kind::negative); };
    out.byte_string = [](void* c, cbor_data d, std::size_t n) { set_string(c, kind::bytes, d, n); };
    out.string = [](void* c, cbor_data d, std::size_t n) { set_string(c, kind::text, d, n); };
    out.byte_string_start = [](void* c) { set(c, kind::pieces_of_bytes); };
    out.string_start = [](void* c) { set(c, kind::pieces_of_text); };
    out.array_start = [](void* c, std::size_t n) { set(c, kind::array, n); };
    out.map_start = [](void* c, std::size_t n) { set(c, kind::map, n); };
    out.indef_array_start = [](void* c) { set(c, kind::array, 0, true); };
    out.indef_map_start = [](void* c) { set(c, kind::map, 0, true); };
    out.tag = [](void* c, std::uint64_t x) { set(c, kind::tag, x); };
    out.boolean = [](void* c, bool x) { set(c, kind::boolean, x ? 1 : 0); };
    out.null = [](void* c) { set(c, kind::null); };
    out.indef_break = [](void* c) { set(c, kind::end); };
    return out; // floats and undefined are left to the empty ones: kind::other
  }
};

cbor_reader::item cbor_reader::next(std::string_view field) {
  static const cbor_callbacks callbacks = heads::table();
  item out;
  if (!good())
    return out;
  if (++items_ > bounds_.items_max) {
    complain(field, "comes after more items than a document may have");
    return out;
  }
  const auto rest = document_.view().subspan(at_);
  const auto* begin = reinterpret_cast<cbor_data>(rest.data());
  const auto got = cbor_stream_decode(begin, rest.size(), &callbacks, &out);
  if (got.status != CBOR_DECODER_FINISHED || got.read > rest.size()) {
    complain(field, got.status == CBOR_DECODER_NEDATA ? "is cut off" : "is no CBOR");
    return {};
  }
  if (out.what == kind::bytes || out.what == kind::text) {
    out.begin = at_ + (out.begin - reinterpret_cast<std::uintptr_t>(begin));
    out.end = out.begin + out.value;
    assert(out.end == at_ + got.read);
  }
  at_ += got.read;
  return out;
}

bool cbor_reader::take_end() {
  constexpr std::byte end{0xff};
  if (left() == 0 || document_.view()[at_] != end)
    return false;
  ++at_;
  return true;
}

bool cbor_reader::enter(std::string_view field, const item& container, kind wanted, std::size_t most) {
  if (!good())
    return false;
  if (container.what != wanted)
    complain(field, wanted == kind::map ? "is no map" : "is no array");
  else if (!container.indefinite && container.value > most)
    complain(field, "has too many entries");
  else if (++depth_ > bounds_.depth_max)
    complain(field, "is nested too deeply");
  return good();
}

std::uint64_t cbor_reader::number(std::string_view field) {
  const auto x = next(field);
  if (good() && x.what != kind::number)
    complain(field, "is no number from 0 on");
  return good() ? x.value : 0;
}

bool cbor_reader::boolean(std::string_view field) {
  const auto x = next(field);
  if (good() && x.what != kind::boolean)
    complain(field, "is neither true nor false");
  return good() && x.value == 1;
}

std::optional<std::uint64_t> cbor_reader::number_or_null(std::string_view field) {
  const auto x = next(field);
  if (good() && x.what != kind::number && x.what != kind::null)
    complain(field, "is neither a number from 0 on nor null");
  return good() && x.what == kind::number ? std::optional(x.value) : std::nullopt;
}

shared_bytes cbor_reader::string(std::string_view field, const item& first, std::size_t most) {
  if (!good())
    return {};
  if (first.what == kind::bytes || first.what == kind::text) {
    if (first.value > most)
      complain(field, "is too long");
    return good() ? document_.slice(first.begin, first.value) : shared_bytes{};
  }
  const auto wanted = first.what == kind::pieces_of_bytes ? kind::bytes : kind::text;
  truckee::bytes whole;
  while (good() && !take_end()) {
    const auto piece = next(field);
    if (good() && piece.what != wanted)
      complain(field, "has a piece of another kind");
    else if (good() && piece.value > most - whole.size())
      complain(field, "is too long");
    if (!good())
      return {};
    const auto bytes = document_.view().subspan(piece.begin, piece.value);
    whole.insert(whole.end(), bytes.begin(), bytes.end());
  }
  return shared_bytes(std::move(whole));
}

shared_bytes cbor_reader::bytes(std::string_view field, std::size_t most) {
  const auto first = next(field);
  if (good() && first.what != kind::bytes && first.what != kind::pieces_of_bytes)
    complain(field, "is no byte string");
  return string(field, first, most);
}

std::string cbor_reader::text(std::string_view field, std::size_t most) {
  const auto first = next(field);
  if (good() && first.what != kind::text && first.what != kind::pieces_of_text)
    complain(field, "is no text");
  const auto got = string(field, first, most);
  if (good() && !is_utf8(as_text(got.view())))
    complain(field, "is no UTF-8");
  return good() ? std::string(as_text(got.view())) : std::string{};
}

std::string cbor_reader::word(std::string_view field, std::size_t most) {
  const auto first = next(field);
  if (good() && first.what != kind::text && first.what != kind::pieces_of_text && first.what != kind::bytes &&
      first.what != kind::pieces_of_bytes)
    complain(field, "is neither text nor bytes");
  const auto got = string(field, first, most);
  return good() ? std::string(as_text(got.view())) : std::string{};
}

void cbor_reader::tag(std::string_view field, std::uint64_t wanted) {
  const auto x = next(field);
  if (good() && (x.what != kind::tag || x.value != wanted))
    complain(field, "has another tag than " + std::to_string(wanted));
}

void cbor_reader::skip(std::string_view field) {
  // What is still to be left out on each level: so many values, or all up to an end.
  struct level {
    std::uint64_t values;
    bool indefinite;
  };
  std::vector<level> open{{1, false}};
  while (good() && !open.empty()) {
    auto& here = open.back();
    if (here.indefinite ? take_end() : here.values == 0) {
      open.pop_back();
      continue;
    }
    here.values -= here.indefinite ? 0 : 1;
    const auto x = next(field);
    if (!good())
      return;
    if (x.what == kind::end)
      complain(field, "ends what was not begun");
    else if (x.what == kind::pieces_of_bytes || x.what == kind::pieces_of_text)
      string(field, x, document_.size());
    else if (x.what == kind::tag)
      open.push_back({1, false});
    else if (x.what == kind::array || x.what == kind::map) {
      if (x.value > document_.size()) // each entry has a byte at least
        complain(field, "is cut off");
      else
        open.push_back({x.what == kind::map ? 2 * x.value : x.value, x.indefinite});
    }
    if (open.size() + depth_ > bounds_.depth_max)
      complain(field, "is nested too deeply");
  }
}

void cbor_reader::complain(std::string_view field, std::string_view what) {
  // A field may be named by a key of the document's own.
  if (!problem_)
    problem_ =
        error{errc::malformed, "\"" + escaped(field.substr(0, key_bytes_max)) + "\" " + std::string(what)};
}

// -- writing --

void cbor_writer::head(encoder encode, std::size_t value) {
  std::array<unsigned char, head_bytes_max> room{};
  const auto size = encode(value, room.data(), room.size());
  assert(size > 0);
  const auto made = std::as_bytes(std::span(room)).first(size);
  open_.insert(open_.end(), made.begin(), made.end());
}

cbor_writer& cbor_writer::map(std::size_t entries) {
  head(cbor_encode_map_start, entries);
  return *this;
}
cbor_writer& cbor_writer::array(std::size_t elements) {
  head(cbor_encode_array_start, elements);
  return *this;
}
cbor_writer& cbor_writer::tag(std::uint64_t number) {
  head(cbor_encode_tag, number);
  return *this;
}
cbor_writer& cbor_writer::number(std::uint64_t value) {
  head(cbor_encode_uint, value);
  return *this;
}
cbor_writer& cbor_writer::boolean(bool value) {
  head([](std::size_t x, unsigned char* to, std::size_t room) { return cbor_encode_bool(x != 0, to, room); },
       value ? 1 : 0);
  return *this;
}
cbor_writer& cbor_writer::null() {
  head([](std::size_t, unsigned char* to, std::size_t room) { return cbor_encode_null(to, room); }, 0);
  return *this;
}
cbor_writer& cbor_writer::text(std::string_view value) {
  head(cbor_encode_string_start, value.size());
  const auto raw = as_bytes(value);
  open_.insert(open_.end(), raw.begin(), raw.end());
  return *this;
}
cbor_writer& cbor_writer::bytes(const shared_bytes& value) {
  head(cbor_encode_bytestring_start, value.size());
  if (value.size() <= copied_bytes_max) {
    open_.insert(open_.end(), value.view().begin(), value.view().end());
  } else {
    pieces_.emplace_back(std::exchange(open_, {}));
    pieces_.push_back(value);
  }
  return *this;
}

std::vector<shared_bytes> cbor_writer::take() {
  if (!open_.empty())
    pieces_.emplace_back(std::exchange(open_, {}));
  return std::exchange(pieces_, {});
}

std::size_t bytes_in(const std::vector<shared_bytes>& pieces) {
  std::size_t out = 0;
  for (const auto& x : pieces)
    out += x.size();
  return out;
}

shared_bytes joined(const std::vector<shared_bytes>& pieces) {
  if (pieces.size() == 1)
    return pieces.front();
  truckee::bytes out;
  out.reserve(bytes_in(pieces));
  for (const auto& x : pieces)
    out.insert(out.end(), x.view().begin(), x.view().end());
  return shared_bytes(std::move(out));
}

} // namespace truckee::gbs
