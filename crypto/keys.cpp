#include "truckee/crypto/keys.hpp"

#include "truckee/crypto/algorithms.hpp"
#include "truckee/crypto/tagged_hash.hpp"
#include "truckee/crypto/tags.hpp"

#include <memory>
#include <openssl/evp.h>

namespace truckee::crypto {

namespace {

/// The first bytes of a hash as a typed value; the hash itself is wiped.
template <class To>
To truncated(hash256 hash) {
  To out;
  std::memcpy(out.data.data(), hash.data.data(), To::size);
  wipe(hash.view());
  return out;
}

server_secret lease_step(std::string_view tag, const server_secret& secret, byte_view value) {
  return truncated<server_secret>(tagged_pair_hash(tag, secret.view(), value));
}

/// The client's lease secret is the tag here, and the constant text the value.
server_secret client_secret(const lease_secret& client, std::string_view constant) {
  return truncated<server_secret>(tagged_hash(as_text(client.view()), as_bytes(constant)));
}

} // namespace

write_key derive_write_key(byte_view private_key_der) {
  return truncated<write_key>(tagged_hash(tags::write_key, private_key_der));
}

read_key derive_read_key(const write_key& key) {
  return truncated<read_key>(tagged_hash(tags::read_key, key.view()));
}

storage_index derive_storage_index(const read_key& key) {
  return truncated<storage_index>(tagged_hash(tags::storage_index, key.view()));
}

fingerprint derive_fingerprint(byte_view public_key_der) {
  return truncated<fingerprint>(tagged_hash(tags::fingerprint, public_key_der));
}

data_key derive_data_key(const version_salt& salt, const read_key& key) {
  return truncated<data_key>(tagged_pair_hash(tags::data_key, salt.view(), key.view()));
}

write_enabler_master derive_write_enabler_master(const write_key& key) {
  return truncated<write_enabler_master>(tagged_hash(tags::write_enabler_master, key.view()));
}

server_secret derive_write_enabler(const write_enabler_master& master, const server_id& server) {
  return truncated<server_secret>(tagged_pair_hash(tags::write_enabler, master.view(), server.view()));
}

server_secret derive_write_enabler(const write_key& key, const server_id& server) {
  return derive_write_enabler(derive_write_enabler_master(key), server);
}

lease_secrets derive_lease_secrets(const lease_secret& client, const storage_index& file,
                                   const server_id& server) {
  const auto chain = [&](std::string_view client_tag, std::string_view file_tag,
                         std::string_view bucket_tag) {
    const auto for_client = client_secret(client, client_tag);
    const auto for_file = lease_step(file_tag, for_client, file.view());
    return lease_step(bucket_tag, for_file, server.view());
  };
  return {chain(tags::client_renewal, tags::file_renewal, tags::bucket_renewal),
          chain(tags::client_cancel, tags::file_cancel, tags::bucket_cancel)};
}

permutation_rank derive_permutation_rank(const storage_index& file, byte_view seed) {
  bytes input = to_bytes(file.view());
  input.insert(input.end(), seed.begin(), seed.end());
  permutation_rank out;
  std::size_t length = 0;
  if (EVP_Q_digest(nullptr, "SHA1", nullptr, input.data(), input.size(),
                   reinterpret_cast<unsigned char*>(out.data.data()), &length) != 1 ||
      length != permutation_rank::size)
    throw algorithm_failure("SHA-1");
  return out;
}

} // namespace truckee::crypto
