#include "truckee/codec/share_error.hpp"

namespace truckee::codec {

std::string_view to_string(share_field field) {
  switch (field) {
  case share_field::version:
    return "version";
  case share_field::root_hash:
    return "root hash";
  case share_field::needed:
    return "needed shares";
  case share_field::total:
    return "total shares";
  case share_field::segment_size:
    return "segment size";
  case share_field::data_length:
    return "data length";
  case share_field::signature_offset:
    return "offset of the signature";
  case share_field::share_hash_chain_offset:
    return "offset of the share hash chain";
  case share_field::block_hash_tree_offset:
    return "offset of the block hash tree";
  case share_field::share_data_offset:
    return "offset of the share data";
  case share_field::encrypted_private_key_offset:
    return "offset of the encrypted private key";
  case share_field::public_key_offset:
    return "offset of the public key";
  case share_field::public_key_end_offset:
    return "end of the public key";
  case share_field::end_offset:
    return "offset of the end";
  case share_field::header:
    return "header";
  case share_field::public_key:
    return "public key";
  case share_field::signature:
    return "signature";
  case share_field::share_hash_chain:
    return "share hash chain";
  case share_field::block_hash_tree:
    return "block hash tree";
  case share_field::share_data:
    return "share data";
  case share_field::encrypted_private_key:
    return "encrypted private key";
  }
  return "unknown field";
}

std::string_view to_string(share_fault fault) {
  switch (fault) {
  case share_fault::truncated:
    return "truncated";
  case share_fault::unsupported_version:
    return "unsupported version";
  case share_fault::out_of_range:
    return "out of range";
  case share_fault::inconsistent:
    return "inconsistent";
  case share_fault::malformed:
    return "malformed";
  case share_fault::mismatch:
    return "mismatch";
  }
  return "unknown fault";
}

std::string to_string(const share_error& e) {
  std::string out(to_string(e.field));
  out += ": ";
  out += to_string(e.fault);
  if (!e.detail.empty()) {
    out += ": ";
    out += e.detail;
  }
  return out;
}

error to_error(const share_error& e) {
  return {e.fault == share_fault::mismatch ? errc::corrupt : errc::malformed, to_string(e)};
}

} // namespace truckee::codec
