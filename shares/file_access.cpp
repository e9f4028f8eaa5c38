#include "truckee/shares/file_access.hpp"

namespace truckee::shares {

result<file_access> open_capability(std::string_view text, strength needed) {
  const auto parsed = crypto::parse_capability(text);
  if (!parsed)
    return tl::unexpected(to_error(parsed.error()));
  const auto& cap = parsed->file;
  const auto write = crypto::to_write_cap(cap);
  const auto read = crypto::to_read_cap(cap);
  if (needed == strength::write && !write)
    return fail(errc::insufficient_capability,
                "this needs a write capability (URI:SSK:... or URI:MDMF:...), and this is a " +
                    std::string(crypto::strength_of(cap)) + " capability");
  if (needed == strength::read && !read)
    return fail(errc::insufficient_capability, "this needs a read or write capability, and this is a verify "
                                               "capability, which only lets check shares");
  file_access out;
  out.slot = crypto::storage_index_of(cap);
  out.fingerprint = crypto::fingerprint_of(cap);
  out.format = crypto::format_of(cap);
  if (read)
    out.read = read->key;
  if (write)
    out.write = write->key;
  return out;
}

file_access access_to(const crypto::write_cap& cap) {
  file_access out;
  out.slot = crypto::storage_index_of(cap);
  out.fingerprint = cap.fingerprint;
  out.format = cap.format;
  out.read = crypto::to_read_cap(cap).key;
  out.write = cap.key;
  return out;
}

} // namespace truckee::shares
