#include "fuzz/bytes_reader.hpp"
#include "truckee/shares/share_format.hpp"

using namespace truckee;

/// What a reader asks of the first bytes of a share, whatever its format: each answer lies within bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = shared_bytes::copy_of(std::string_view(reinterpret_cast<const char*>(data), size));
  const auto length = shares::share_length(head);
  if (const auto key = shares::private_key_range(head))
    fuzz::expect(length && key->offset <= *length && key->length <= *length - key->offset);
  if (const auto reads = shares::reads_for_body(head))
    for (const auto& one : *reads)
      fuzz::expect(length && one.offset <= *length && one.length <= *length - one.offset);
  shares::file_access writer;
  writer.write.emplace();
  (void)shares::open_private_key(writer, head.view());
  const auto format = shares::format_of(head.view());
  if (!format)
    return 0;
  shares::file_access access;
  const auto version = (*format)->verify_head(access, {0}, head.view());
  (void)(*format)->signature(head.view());
  if (version)
    (void)shares::find_fault(access, *version, {0}, head);
  return 0;
}
