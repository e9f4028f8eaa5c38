#include "truckee/crypto/capability.hpp"

#include "truckee/crypto/base32.hpp"

namespace truckee::crypto {

namespace {

enum class strength : std::uint8_t { verify, read, write };

struct kind {
  std::string_view prefix;
  file_format format;
  strength power;
  bool directory;
};

/// No prefix is the beginning of another: each ends in ':'.
constexpr std::array<kind, 12> kinds{{
    {"URI:SSK:", file_format::sdmf, strength::write, false},
    {"URI:SSK-RO:", file_format::sdmf, strength::read, false},
    {"URI:SSK-Verifier:", file_format::sdmf, strength::verify, false},
    {"URI:MDMF:", file_format::mdmf, strength::write, false},
    {"URI:MDMF-RO:", file_format::mdmf, strength::read, false},
    {"URI:MDMF-Verifier:", file_format::mdmf, strength::verify, false},
    {"URI:DIR2:", file_format::sdmf, strength::write, true},
    {"URI:DIR2-RO:", file_format::sdmf, strength::read, true},
    {"URI:DIR2-Verifier:", file_format::sdmf, strength::verify, true},
    {"URI:DIR2-MDMF:", file_format::mdmf, strength::write, true},
    {"URI:DIR2-MDMF-RO:", file_format::mdmf, strength::read, true},
    {"URI:DIR2-MDMF-Verifier:", file_format::mdmf, strength::verify, true},
}};

constexpr std::size_t key_characters = 26;
constexpr std::size_t fingerprint_characters = 52;

tl::unexpected<cap_error> cap_fail(cap_fault fault, std::string detail) {
  return tl::unexpected<cap_error>(cap_error{fault, std::move(detail)});
}

/// The first field and what follows it, if a ':' follows.
struct split {
  std::string_view head;
  std::optional<std::string_view> rest;
};

split split_at_colon(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos)
    return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string wrong_length(std::string_view what, std::size_t expected, std::size_t found) {
  return "the " + std::string(what) + " must have " + std::to_string(expected) +
         " characters, this one has " + std::to_string(found) + "; copy the whole capability";
}

/// A field of base32, checked for its length first, so that a cut copy is named as such.
template <class Field>
tl::expected<Field, cap_error> read_field(std::string_view text, std::size_t characters, cap_fault fault,
                                          std::string_view what) {
  if (text.size() != characters)
    return cap_fail(fault, wrong_length(what, characters, text.size()));
  auto raw = from_base32(text);
  if (!raw)
    return cap_fail(fault, "the " + std::string(what) +
                               " is not lower-case base32 (a-z, 2-7); copy the capability again");
  auto field = Field::from(*raw);
  wipe(*raw);
  return *field;
}

template <class Cap, class Key>
tl::expected<file_cap, cap_error> make_cap(file_format format, std::string_view key_text,
                                           const fingerprint& print, std::string_view what) {
  return read_field<Key>(key_text, key_characters, cap_fault::bad_key, what).map([&](const Key& key) {
    return file_cap{Cap{format, key, print}};
  });
}

tl::expected<file_cap, cap_error> read_fields(const kind& form, std::string_view body) {
  const auto [key_text, after_key] = split_at_colon(body);
  if (!after_key)
    return cap_fail(cap_fault::missing_field,
                    "the capability ends before its fingerprint; copy the whole of it");
  const auto [print_text, after_print] = split_at_colon(*after_key);
  if (after_print && form.format == file_format::sdmf)
    return cap_fail(cap_fault::trailing_text,
                    "text follows the fingerprint, where this kind of capability ends");
  const auto print =
      read_field<fingerprint>(print_text, fingerprint_characters, cap_fault::bad_fingerprint, "fingerprint");
  if (!print)
    return tl::unexpected(print.error());
  switch (form.power) {
  case strength::write:
    return make_cap<write_cap, write_key>(form.format, key_text, *print, "write key");
  case strength::read:
    return make_cap<read_cap, read_key>(form.format, key_text, *print, "read key");
  case strength::verify:
    break;
  }
  return make_cap<verify_cap, storage_index>(form.format, key_text, *print, "storage index");
}

std::string print_cap(const file_cap& cap, bool directory) {
  const auto print = [&](strength power, byte_view key) {
    for (const auto& form : kinds)
      if (form.format == format_of(cap) && form.power == power && form.directory == directory)
        return std::string(form.prefix) + to_base32(key) + ":" + to_base32(fingerprint_of(cap).view());
    return std::string();
  };
  if (const auto* write = std::get_if<write_cap>(&cap))
    return print(strength::write, write->key.view());
  if (const auto* read = std::get_if<read_cap>(&cap))
    return print(strength::read, read->key.view());
  return print(strength::verify, std::get<verify_cap>(cap).slot.view());
}

} // namespace

error to_error(const cap_error& e) {
  return {errc::bad_capability, e.detail};
}

tl::expected<capability, cap_error> parse_capability(std::string_view text) {
  if (!text.starts_with("URI:"))
    return cap_fail(cap_fault::not_a_capability, "a capability begins with \"URI:\"");
  for (const auto& form : kinds)
    if (text.starts_with(form.prefix))
      return read_fields(form, text.substr(form.prefix.size())).map([&](file_cap cap) {
        return capability{std::move(cap), form.directory};
      });
  return cap_fail(cap_fault::unknown_kind,
                  "not the capability of a mutable file or directory: it must begin with "
                  "URI:SSK, URI:MDMF or URI:DIR2 and their -RO and -Verifier forms");
}

std::string to_text(const capability& cap) {
  return print_cap(cap.file, cap.directory);
}
std::string to_text(const file_cap& cap) {
  return print_cap(cap, false);
}

read_cap to_read_cap(const write_cap& cap) {
  return {cap.format, derive_read_key(cap.key), cap.fingerprint};
}

verify_cap to_verify_cap(const read_cap& cap) {
  return {cap.format, derive_storage_index(cap.key), cap.fingerprint};
}

verify_cap to_verify_cap(const write_cap& cap) {
  return to_verify_cap(to_read_cap(cap));
}

verify_cap to_verify_cap(const file_cap& cap) {
  if (const auto* write = std::get_if<write_cap>(&cap))
    return to_verify_cap(*write);
  if (const auto* read = std::get_if<read_cap>(&cap))
    return to_verify_cap(*read);
  return std::get<verify_cap>(cap);
}

std::optional<read_cap> to_read_cap(const file_cap& cap) {
  if (const auto* write = std::get_if<write_cap>(&cap))
    return to_read_cap(*write);
  if (const auto* read = std::get_if<read_cap>(&cap))
    return *read;
  return std::nullopt;
}

std::optional<write_cap> to_write_cap(const file_cap& cap) {
  if (const auto* write = std::get_if<write_cap>(&cap))
    return *write;
  return std::nullopt;
}

file_format format_of(const file_cap& cap) {
  return std::visit([](const auto& one) { return one.format; }, cap);
}

const fingerprint& fingerprint_of(const file_cap& cap) {
  return std::visit([](const auto& one) -> const fingerprint& { return one.fingerprint; }, cap);
}

storage_index storage_index_of(const file_cap& cap) {
  return to_verify_cap(cap).slot;
}

std::string_view strength_of(const file_cap& cap) {
  if (std::holds_alternative<write_cap>(cap))
    return "write";
  return std::holds_alternative<read_cap>(cap) ? "read" : "verify";
}

} // namespace truckee::crypto
